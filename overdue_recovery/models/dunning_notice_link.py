from odoo import api, fields, models

from .recovery_link import PATH, PLACE


class DunningNoticeLink(models.AbstractModel):
    """The way from a message to the portal."""

    _name = "dunning.notice.link"
    _description = "Notice: its link to the portal"

    link_html = fields.Html(
        string="Link to the portal",
        compute="_compute_link_html",
        compute_sudo=True,
        sanitize=False,
    )

    @api.depends("company_id")
    @api.depends_context("lang", "recovery_letter")
    def _compute_link_html(self):
        """The button to the portal and three quiet links. Nobody can click in a letter: there the
        address stands on the sheet (``_letter_values``)."""
        if self._is_for_letter():
            self.link_html = False
            return
        for notice in self._together():
            notice.link_html = notice._fragment("message_link", {"url": notice._link_address()})

    def _link_address(self):
        """The address of the portal, with a place for the secret that each message gets when it
        leaves."""
        company = self.company_id
        base = self._batch().once(("base", company.id), company.get_base_url)
        return f"{base}{PATH}{PLACE}"
