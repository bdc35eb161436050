from collections import defaultdict
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..calc import allocation as calc

DAYS_OF_DRAFTS = 1


class RecoveryAllocation(models.Model):
    """What an open credit (money, a credit note) pays: shown, then confirmed, then undone or not.

    The order is the law's (costs, interest, principal, within them the oldest maturity first);
    the debtor's own choice comes before it, and nothing goes to what is disputed. Confirming
    matches exactly the amounts shown and leaves every match made before as it is; undoing takes
    back exactly these matches.
    """

    _name = "recovery.allocation"
    _description = "Allocation of Money"
    _inherit = ["recovery.state.mixin"]
    _order = "id desc"
    _rec_name = "credit_name"
    _transitions = {"draft": {"done"}, "done": {"undone"}, "undone": set()}

    state = fields.Selection(
        [("draft", "Draft"), ("done", "Allocated"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    # set null: nothing of ours keeps an accountant from deleting an entry
    credit_line_id = fields.Many2one(
        "account.move.line",
        string="Money",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', 'in', credit_line_ids)]",
    )
    credit_line_ids = fields.Many2many("account.move.line", compute="_compute_credit_line_ids")
    credit_name = fields.Char(string="Document", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(readonly=True, help="When it was confirmed.")
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    line_ids = fields.One2many("recovery.allocation.line", "allocation_id", string="Pays")
    amount_open = fields.Monetary(compute="_compute_amounts", string="Open credit")
    amount = fields.Monetary(compute="_compute_amounts", string="Allocated")
    amount_rest = fields.Monetary(compute="_compute_amounts", string="Stays open")

    @api.depends("credit_line_id", "line_ids.amount")
    def _compute_amounts(self):
        for allocation in self:
            allocation.amount_open = -allocation.credit_line_id.amount_residual_currency
            allocation.amount = sum(line.amount * line.price for line in allocation.line_ids)
            allocation.amount_rest = allocation.amount_open - allocation.amount

    @api.depends("partner_id", "company_id")
    def _compute_credit_line_ids(self):
        for allocation in self:
            lines = self.env["account.move.line"]._recovery_open_lines(
                allocation.company_id, allocation.partner_id
            )[allocation.partner_id.id]
            allocation.credit_line_ids = lines.filtered(
                lambda line: line.amount_residual_currency < 0
            )

    # -- propose ---------------------------------------------------------------------------

    @api.model
    def _propose(self, credit_line, choice=None):
        """A draft of what ``credit_line`` pays.

        :param choice: items that the debtor chose, paid first
        :raise UserError: it is no open credit of a customer
        """
        self._check_credit(credit_line)
        allocation = self.create(
            {
                "company_id": credit_line.company_id.id,
                "partner_id": credit_line.partner_id._recovery_debtor().id,
                "currency_id": credit_line.currency_id.id,
                "credit_line_id": credit_line.id,
                "credit_name": credit_line.move_id.display_name,
            }
        )
        allocation._fill(choice)
        return allocation

    @api.model
    def _check_credit(self, line):
        is_open = line.parent_state == "posted" and not line.reconciled
        is_credit = line.account_type == "asset_receivable" and line.amount_residual_currency < 0
        if not (len(line) == 1 and is_open and is_credit and line.partner_id):
            raise UserError(
                self.env._(
                    "%s is no open credit of a customer: there is nothing to allocate.",
                    line.display_name or self.env._("This"),
                )
            )

    @api.onchange("credit_line_id")
    def _onchange_credit_line_id(self):
        if self.state == "draft" and self.credit_line_id:
            self.currency_id = self.credit_line_id.currency_id
            self.credit_name = self.credit_line_id.move_id.display_name
            self._fill(self.line_ids.filtered("is_chosen").move_line_id)

    def _fill(self, choice=None):
        """Write the proposed lines; items of ``choice`` are paid first."""
        self.ensure_one()
        debts = self._debts()
        chosen = set(choice.ids) if choice else set()
        amounts = self._allocated(debts, chosen)
        lines = [
            Command.create(
                {**debt.values(), "amount": amounts[debt], "is_chosen": debt.id in chosen}
            )
            for debt in debts
        ]
        self.line_ids = [Command.clear(), *lines]

    def _allocated(self, debts, chosen):
        """{debt: amount in its currency}, the chosen items' first."""
        left = round(-self.credit_line_id.amount_residual_currency / self.currency_id.rounding)
        order = self._order_of_kinds()
        units = defaultdict(int)
        for group in (
            [debt for debt in debts if debt.id in chosen],
            [debt for debt in debts if debt.id not in chosen],
        ):
            facts = [debt.fact(self.currency_id.rounding) for debt in group]
            for part in calc.allocate(left, facts, order):
                units[part.key] += part.amount
                left -= part.amount
        return {
            debt: debt.amount(units[debt.id, debt.kind], self.currency_id.rounding)
            for debt in debts
        }

    def _order_of_kinds(self):
        """In which order the debtor's law lets money pay; costs, interest, principal without
        one."""
        day = self.company_id._recovery_today()
        law = self.env["recovery.law"]._charge_law(self.company_id, self.partner_id, day)
        return law.sudo()._allocation()

    def _debts(self):
        """What the customer owes on the credit's account, as ``recovery.allocation.line`` facts,
        oldest first."""
        return self.env["recovery.allocation.line"]._debts_of(self.credit_line_id)

    def action_propose(self):
        """Propose again: the ticked items first, then as the law says."""
        for allocation in self:
            allocation._check_draft()
            allocation._fill(allocation.line_ids.filtered("is_chosen").move_line_id)
        return self._open_dialog()

    # -- confirm and undo ------------------------------------------------------------------

    def action_confirm(self):
        """Match exactly the amounts shown.

        :raise UserError: more than may be paid of an item, or more than the credit has
        """
        self.ensure_one()
        self._check_draft()
        self._check_amounts()
        paid = self.line_ids.filtered("amount")
        amounts = defaultdict(float)
        for line in paid:
            amounts[line.move_line_id] += line.amount
        partials = self.credit_line_id._recovery_reconcile(amounts)
        for line in paid:
            line.sudo().partial_id = partials[line.move_line_id]
        (self.line_ids - paid).unlink()
        self._set_state("done", date=self.company_id._recovery_today(), user_id=self.env.uid)
        self._log(self.env._("%(money)s was allocated: %(parts)s.", **self._words()))
        return True

    def action_undo(self):
        """Take back exactly the matches that this allocation made, as far as they still stand."""
        self.ensure_one()
        words = self._words()
        self._set_state("undone")
        self.line_ids.partial_id.unlink()
        self._log(self.env._("The allocation of %(money)s was undone: %(parts)s.", **words))
        return True

    def _check_draft(self):
        self.check_access("write")
        if self.state != "draft" or not self.credit_line_id:
            raise UserError(self.env._("“%s” is allocated already.", self.credit_name or ""))

    def _check_amounts(self):
        """Amounts may be changed, but never above what may be paid now, nor above the credit."""
        self._check_credit(self.credit_line_id)
        if not any(self.line_ids.mapped("amount")):
            raise UserError(self.env._("Say which items “%s” pays.", self.credit_name))
        limits = {(debt.id, debt.kind): debt.payable for debt in self._debts()}
        for line in self.line_ids:
            limit = limits.get((line.move_line_id.id, line.kind), 0.0)
            if line.amount < 0 or line.currency_id.compare_amounts(line.amount, limit) > 0:
                raise UserError(
                    self.env._(
                        "At most %(limit)s of %(document)s can be paid now; what is disputed "
                        "stays open.",
                        limit=line.currency_id.format(limit),
                        document=line.name,
                    )
                )
        # converted amounts may be a unit off each; core takes no more than there is
        converted = self.line_ids.filtered(lambda line: line.currency_id != self.currency_id)
        slack = self.currency_id.rounding * len(converted)
        if self.currency_id.compare_amounts(self.amount - slack, self.amount_open) > 0:
            raise UserError(
                self.env._(
                    "“%(credit)s” has only %(amount)s left to allocate.",
                    credit=self.credit_name,
                    amount=self.currency_id.format(self.amount_open),
                )
            )

    def _words(self):
        parts = [
            f"{line.name} {line.currency_id.format(line.amount)}"
            for line in self.line_ids
            if line.amount
        ]
        return {"money": self.credit_name or "", "parts": ", ".join(parts)}

    def _log(self, text):
        """Say it on the credit's document, and in the contact log of the customer's open case.

        sudo: the log is written whoever allocates.
        """
        if self.credit_line_id:
            self.credit_line_id.move_id.sudo()._message_log(body=text)
        cases = self.env["recovery.case"].sudo()
        case_id = cases._open_ids(self.company_id, self.partner_id).get(self.partner_id.id)
        if case_id:
            entry = {"direction": "note", "channel": "system", "kind": "allocation", "text": text}
            self.env["recovery.interaction"].sudo()._log([{"case": case_id, **entry}])

    # -- screens ---------------------------------------------------------------------------

    @api.model
    def _action_allocate(self, credit_lines):
        """Open the dialog for the oldest of these open credits."""
        self.check_access("create")
        return self._propose(credit_lines[:1])._open_dialog()

    def _open_dialog(self):
        view = self.env.ref("overdue_recovery.recovery_allocation_view_form_dialog")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocate"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    @api.autovacuum
    def _gc_drafts(self):
        """Drafts that nobody confirmed, a day after."""
        limit = fields.Datetime.now() - timedelta(days=DAYS_OF_DRAFTS)
        domain = Domain("state", "=", "draft") & Domain("create_date", "<", limit)
        self.search(domain, limit=1000).unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(allocation.state != "draft" for allocation in self):
            raise UserError(
                self.env._("Confirmed allocations are kept; undo them where they are wrong.")
            )
