from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .account_move import RECOVERY_GROUPS


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = [
        "account.move.line",
        "account.move.line.recovery.limitation",
        "account.move.line.recovery.screen",
        "account.move.line.recovery.allocation",
    ]

    dunning_item_ids = fields.One2many("dunning.item", "move_line_id", groups=RECOVERY_GROUPS)
    dunning_level_id = fields.Many2one(
        "dunning.level",
        compute="_compute_dunning",
        search="_search_dunning_level_id",
        groups=RECOVERY_GROUPS,
    )
    dunning_date = fields.Date(
        compute="_compute_dunning", search="_search_dunning_date", groups=RECOVERY_GROUPS
    )
    dunning_due_date = fields.Date(
        string="Dunning pay by",
        compute="_compute_dunning",
        search="_search_dunning_due_date",
        groups=RECOVERY_GROUPS,
    )
    dunning_cycle = fields.Integer(
        compute="_compute_dunning", search="_search_dunning_cycle", groups=RECOVERY_GROUPS
    )
    dunning_why = fields.Char(
        compute="_compute_dunning_why", string="Why nothing is sent", groups=RECOVERY_GROUPS
    )

    # measure reads the open receivables of a company's debtors by it
    _recovery_open = models.Index(
        "(company_id, partner_id, date_maturity)"
        " WHERE reconciled IS NOT TRUE AND parent_state = 'posted'"
        " AND amount_residual_currency != 0"
    )

    def unlink(self):
        if not self:  # core calls so whenever an invoice is posted
            return super().unlink()
        # new terms of a draft take an item away: its pause goes on for the document
        holds = self.env["recovery.hold"].sudo().search([("move_line_id", "in", self.ids)])
        for hold in holds:
            hold.write({"move_id": hold.move_line_id.move_id.id, "move_line_id": False})
        return super().unlink()

    @api.model
    def _prepare_reconciliation_single_partial(
        self, debit_values, credit_values, shadowed_aml_values=None
    ):
        kept = self._recovery_hold_back(debit_values, credit_values)
        result = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        return self._recovery_give_back(result, debit_values, kept)

    # -- what is open ----------------------------------------------------------------------

    @api.model
    def _recovery_open_domain(self):
        """The one condition of a collectable item. The SQL of ``dunning.measure`` says the same;
        a test compares them."""
        return self._recovery_receivable_domain() & Domain("partner_id", "!=", False)

    @api.model
    def _recovery_receivable_domain(self):
        """What would be collectable if somebody owed it: with or without a customer."""
        return (
            Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", ">", 0)
            & Domain("no_followup", "=", False)
            & (
                Domain("move_id.move_type", "=", "entry")
                | Domain("move_id.payment_state", "in", ("not_paid", "partial"))
            )
        )

    @api.model
    def _recovery_open_lines(self, companies, debtors):
        """{debtor id: open receivable items, debts and credits}, oldest first; None: no items."""
        domain = (
            Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", "!=", 0)
            & Domain("company_id", "in", companies.ids)
            & (
                Domain("partner_id", "in", debtors.ids)
                | Domain("partner_id.dunning_payer_id", "in", debtors.ids)
            )
        )
        found = defaultdict(self.browse)
        for line in self.search(domain, order="date_maturity, id"):
            found[line.partner_id._recovery_debtor().id] |= line
        return found

    def _overdue_on(self, today):
        """Those that fell due before ``today``; an item without maturity is due on its own date."""
        return self.filtered(lambda line: (line.date_maturity or line.date) < today)

    # -- what recovery knows ---------------------------------------------------------------

    @api.depends("dunning_item_ids.level_id", "dunning_item_ids.date", "dunning_item_ids.due_date")
    @api.depends("dunning_item_ids.cycle", "reconciled")
    def _compute_dunning(self):
        items = {
            item.move_line_id.id: item
            for item in self.env["dunning.item"].sudo().search([("move_line_id", "in", self.ids)])
        }
        # a reopened item waits in the queue for its next cycle, but is in it already
        reopened = self.env["recovery.case.dirty"]._reopened_counts(self)
        for line in self:
            item = items.get(line.id, self.env["dunning.item"])
            again = 0 if line.reconciled else reopened.get(line.id, 0)
            line.dunning_level_id = False if again else item.level_id
            line.dunning_date = False if again else item.date
            line.dunning_due_date = False if again else item.due_date
            line.dunning_cycle = (item.cycle or 1) + again

    def _search_dunning(self, name, operator, value):
        """Search by a column of ``dunning.item``; items without a row count as empty."""
        items = Domain("dunning_item_ids", "any", [(name, operator, value)])
        empty = operator == "in" and False in value
        return items | Domain("dunning_item_ids", "=", False) if empty else items

    def _search_dunning_level_id(self, operator, value):
        return self._search_dunning("level_id", operator, value)

    def _search_dunning_date(self, operator, value):
        return self._search_dunning("date", operator, value)

    def _search_dunning_due_date(self, operator, value):
        return self._search_dunning("due_date", operator, value)

    def _search_dunning_cycle(self, operator, value):
        return self._search_dunning("cycle", operator, value)

    # -- why not ---------------------------------------------------------------------------

    @api.model
    def _dunning_blockers(self, ids):
        """Why these items are not on a notice today.

        The facts of ``dunning.measure`` and the decision of ``calc.escalation`` for the
        customers of these items; no rule of its own.

        :return: {id: [Reason(code, text, until)]}; an empty list: it would go out today, or it
            is not open
        """
        found = {line_id: [] for line_id in ids}
        lines = self.sudo().browse(ids).exists()
        open_lines = lines.filtered(lambda line: not line.reconciled and line.partner_id)
        texts = self.env["dunning.reason"]._texts()
        for company, own in open_lines.grouped(lambda line: line._recovery_company()).items():
            debtors = own.partner_id._recovery_debtor()
            today = company._recovery_today()
            for debtor in self.env["dunning.measure"]._debtors(company, today, debtors.ids):
                found.update(self._blockers_of(debtor, found, texts))
        nobody = lines.filtered(lambda line: not line.partner_id)
        for line in nobody.filtered_domain(self._recovery_receivable_domain()):
            found[line.id] = self.env["dunning.reason"]._reasons(["no_customer"], texts=texts)
        return found

    def _blockers_of(self, debtor, wanted, texts):
        """{item id: reasons} of one measured debtor, for the ``wanted`` ids."""
        reason = self.env["dunning.reason"]
        undated = reason._reasons(["no_due_date"], texts=texts)
        found = {key: undated for key in debtor.undated if key in wanted}
        for item in debtor.items:
            if item.key not in wanted:
                continue
            decision = debtor.decisions.get(item.key)
            codes = decision.reasons if decision else ("no_policy",)
            until = decision.due_on if decision else None
            found[item.key] = reason._reasons(codes, item.holds, until, texts)
        costs = reason._reasons(["charge"], texts=texts)
        found.update({item.key: costs for item in debtor.costs if item.key in wanted})
        return found

    def _recovery_company(self):
        """The company whose policy and runs look at this item."""
        return self.company_id._recovery_sender()

    def _compute_dunning_why(self):
        reasons = self._dunning_blockers(self.ids)
        for line in self:
            line.dunning_why = " ".join(reason.text for reason in reasons.get(line.id, []))

    # -- a person's acts -------------------------------------------------------------------

    def _existing_level(self, level):
        """The level (or id) that a client named, if these items' companies may use it."""
        if not isinstance(level, models.BaseModel):
            ids = [level] if isinstance(level, int) else []
            level = self.env["dunning.level"].browse(ids).exists()
        level.check_access("read")
        companies = self.company_id.sudo()
        if not level or companies.filtered(lambda own: level.company_id not in own.parent_ids):
            raise UserError(self.env._("Choose a level of a policy of the items' company."))
        return level

    def action_take_into_recovery(self, date_due=None):
        """Take opening balances and other miscellaneous receivables into recovery.

        Clears core's ``no_followup``, sets a missing maturity (``date_due``, else the entry's own
        date) and logs it. ``action_undo_take_into_recovery`` restores both.
        """
        self.check_access("write")
        self._check_can_take_in()
        date_due = self.env.company._recovery_date(date_due)
        items = self.env["dunning.item"].sudo()._ensure(self)
        for item in items.filtered(lambda item: not item.taken_in):
            line = item.move_line_id
            item.write(
                {
                    "taken_in": True,
                    "original_date_maturity": line.date_maturity,
                    "had_date_maturity": bool(line.date_maturity),
                }
            )
            line._take_in(date_due)
        return True

    def _check_can_take_in(self):
        for line in self:
            if line.account_id.account_type != "asset_receivable" or line.parent_state != "posted":
                raise UserError(
                    self.env._(
                        "%(item)s is not a posted receivable and can't be taken into recovery.",
                        item=line.display_name,
                    )
                )
            if not line.partner_id:
                raise UserError(self.env._("%s has no customer: set one first.", line.display_name))

    def _take_in(self, date_due):
        values = {"no_followup": False}
        if not self.date_maturity:
            values["date_maturity"] = date_due or self.date
        self.write(values)
        self.move_id._message_log(
            body=self.env._(
                "%(item)s taken into recovery, due %(date)s.",
                item=self.name or self.display_name,
                date=fields.Date.to_string(self.date_maturity),
            )
        )

    def action_undo_take_into_recovery(self):
        """Give the items back: excluded from follow-up again, maturity as before."""
        self.check_access("write")
        items = (
            self.env["dunning.item"]
            .sudo()
            .search([("move_line_id", "in", self.ids), ("taken_in", "=", True)])
        )
        for item in items:
            line = item.move_line_id
            values = {"no_followup": True}
            if not item.had_date_maturity:
                values["date_maturity"] = False
            line.write(values)
            line.move_id._message_log(
                body=self.env._("%s taken out of recovery again.", line.name or line.display_name)
            )
        items.taken_in = False
        return True

    def action_start_at(self, level):
        """Start these items at ``level``, as if it had been reached today: the next run goes on
        from there. For items that fell due before the start of the policy, and for those that are
        time-barred: whether these are asked for is a manager's decision, which is logged.

        :param level: dunning.level, or its id
        """
        manager = self.env.user.has_group("overdue_recovery.group_manager")
        if not (self.env.su or manager):
            raise UserError(self.env._("Only a recovery manager starts items at a level."))
        self.check_access("read")
        level = self._existing_level(level)
        items = self.env["dunning.item"].sudo()._ensure(self)
        for company, own in items.grouped("company_id").items():
            today = company._recovery_today()
            # what was handed over in a cycle counts more than its start: begin another one
            begun = own.filtered("level_id")
            begun._restart_at(level, today)
            (own - begun).write(
                {"start_level_id": level.id, "start_date": today, "start_due_date": False}
            )
        items._rebuild()
        self._allow_barred(items)
        return True

    def _allow_barred(self, items):
        """Note that a manager started those of these items that are time-barred."""
        barred = self.sudo()._is_time_barred()
        items.filtered(lambda item: item.move_line_id in barred).barred_start = True
        barred._log_barred_start()
