from odoo import api, fields, models


class RecoveryPortalActHelp(models.AbstractModel):
    """Help, and a new due date: what a person answers."""

    _name = "recovery.portal.act.help"
    _description = "Portal: help"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _ask_help(self, visitor, company_id, text, reason=None):
        """The customer can't pay, or has a question: somebody answers.

        :return: what the page says
        """
        company = self._act_company(visitor, company_id)
        text, reason = self._act_text(text, required=True), self._act_reason(reason)
        case = self._act_case(visitor, company)
        return self._act_request(visitor, case, "help", text, reason)

    @api.model
    def _ask_date(self, visitor, ids, day, text="", reason=None):
        """The customer asks for a later due date of these items.

        :return: what the page says
        """
        items = self._act_items(visitor, ids)
        today = items.company_id._recovery_today()
        day = self._act_day(day, today, fields.Date.add(today, years=1))
        text, reason = self._act_text(text), self._act_reason(reason)
        case = self._act_case(visitor, items.company_id)
        return self._act_request(
            visitor, case, "new_date", text, reason, move_line_ids=items, date_wanted=day
        )

    @api.model
    def _requests(self, visitor):
        """What the customer asked and waits for, newest first. ``recovery.request``"""
        requests = self.env["recovery.request"].sudo()
        companies = self.env["recovery.portal"]._companies(visitor)
        domain = [("partner_id", "=", visitor.debtor.id), ("state", "=", "open")]
        if visitor.link:
            domain.append(("company_id", "in", companies.ids))
        return requests.search(domain, order="id DESC").filtered(
            lambda request: all(
                visitor.sees(item.id, item.partner_id.id) for item in request.move_line_ids
            )
        )

    @api.model
    def _own_data(self, visitor):
        """What recovery keeps about the customer; of a contact who can't sign, about itself.

        :return: as ``res.partner._recovery_own_data()``
        """
        person = visitor.debtor if visitor.may_sign else visitor.partner
        if visitor.debtor not in visitor.customers:
            # what its payer was sent speaks of others too
            person = visitor.partner
        cases = self.env["recovery.case"].sudo().search([("partner_id", "=", visitor.debtor.id)])
        for case in cases.filtered(lambda one: not one.date_closed):
            self._log_act(visitor, case, self.env._("Downloaded the own data"))
        return person._recovery_own_data(cases.company_id or self.env.company)
