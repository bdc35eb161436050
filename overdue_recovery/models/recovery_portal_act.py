from odoo import api, fields, models


class RecoveryPortalAct(models.AbstractModel):
    """What a customer does on the portal, one method an act; each says what the page says then.

    An act takes a ``Visitor``, made after the check of who it is, and texts as they came from
    outside. The same done twice, in a second tab or by a form sent again, comes to the same as
    once. Each leaves one incoming entry in the contact log.

    Seam: a further act is a method of a further ``recovery.portal.act.…``, inherited here.
    """

    _name = "recovery.portal.act"
    _description = "Portal: what the customer does"
    _inherit = [
        "recovery.portal.act.paid",
        "recovery.portal.act.promise",
        "recovery.portal.act.plan",
        "recovery.portal.act.dispute",
        "recovery.portal.act.offer",
        "recovery.portal.act.help",
        "recovery.portal.act.wishes",
        "recovery.portal.act.autopay",
    ]

    @api.model
    def _form_values(self, visitor, page):
        """What the form of an act shows."""
        values = {
            **self.env["recovery.portal"]._common_values(visitor),
            "acts": self,
            "pages": self.env["recovery.portal"]._pages(visitor),
            "reasons": self._act_reasons(sensitive=page != "wrong"),
            "today": fields.Date.context_today(self),
        }
        if page == "offer":
            values["offers"] = self._offers(visitor)
        if page == "plan":
            values["offered"], values["preview"] = self._plans(visitor, ("offered",)), None
        if page == "autopay":
            values["autopays"] = self._autopays(visitor)
            values["autopay_choices"] = self._autopay_choices(visitor)
        if page == "wishes":
            values["wishes"], values["choices"] = self._wishes(visitor), self._wish_choices()
            values["is_stopped"] = self._is_stopped(visitor)
        return values
