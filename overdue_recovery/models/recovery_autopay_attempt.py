import logging

from odoo import Command, api, fields, models
from odoo.tools import format_date
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

#: Nothing else may be debited for the same item meanwhile.
LIVE = ("announced", "charging", "unknown")


class RecoveryAutopayAttempt(models.Model):
    """One debit: announced, then made once.

    The state and the transaction are committed before the provider is called. If the call breaks
    off, nobody knows whether money moves: the debit is unknown, and is never made again by itself.
    """

    _name = "recovery.autopay.attempt"
    _description = "Debit"
    _inherit = ["recovery.state.mixin"]
    _order = "date_due desc, id desc"
    _transitions = {
        "announced": {"charging", "cancelled"},
        "charging": {"done", "failed", "unknown"},
        "unknown": {"done", "failed"},
        "failed": {"done"},
        "done": set(),
        "cancelled": set(),
    }

    autopay_id = fields.Many2one(
        "recovery.autopay", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    # set null: nobody is kept from deleting a document
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    installment_id = fields.Many2one(
        "recovery.plan.installment", readonly=True, index="btree_not_null", ondelete="set null"
    )
    name = fields.Char(string="Document", required=True, readonly=True)
    number = fields.Integer(string="Try", required=True, readonly=True)
    state = fields.Selection(
        [
            ("announced", "Announced"),
            ("charging", "At the provider"),
            ("done", "Debited"),
            ("failed", "Failed"),
            ("unknown", "Unknown"),
            ("cancelled", "Cancelled"),
        ],
        default="announced",
        required=True,
        readonly=True,
        index=True,
    )
    is_live = fields.Boolean(compute="_compute_is_live")
    date = fields.Date(string="Announced on", required=True, readonly=True)
    date_due = fields.Date(string="Debited on", required=True, readonly=True, index=True)
    amount = fields.Monetary(readonly=True, help="As announced; less is debited if less is open.")
    transaction_id = fields.Many2one(
        "payment.transaction", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date_charged = fields.Date(
        string="Sent on", readonly=True, help="When the provider was asked to debit it."
    )
    reason = fields.Char(readonly=True, help="Why it failed or was cancelled.")
    message_lang = fields.Char(related="autopay_id.message_lang")
    announcement_text = fields.Text(compute="_compute_announcement_text")

    _one_live = models.UniqueIndex(
        "(move_line_id) WHERE state IN ('announced', 'charging', 'unknown')",
        "A debit of this item waits already.",
    )
    _one_of_a_number = models.UniqueIndex(
        "(move_line_id, number)", "This try of this item was made already."
    )
    _one_live_of_installment = models.UniqueIndex(
        "(installment_id) WHERE state IN ('announced', 'charging', 'unknown')",
        "A debit of this installment waits already.",
    )
    _one_of_a_number_of_installment = models.UniqueIndex(
        "(installment_id, number)", "This try of this installment was made already."
    )
    _amount_positive = models.Constraint("CHECK(amount > 0)", "Debit an amount above zero.")

    @api.depends("state")
    def _compute_is_live(self):
        for attempt in self:
            attempt.is_live = attempt.state in LIVE

    @api.depends("amount", "date_due")
    @api.depends_context("lang")
    def _compute_announcement_text(self):
        """What is debited on this day, each document by itself."""
        for attempt in self:
            same = attempt.autopay_id.attempt_ids.filtered(
                lambda other, day=attempt.date_due: (
                    other.state == "announced" and other.date_due == day
                )
            )
            lines = [f"{one.name}: {one.currency_id.format(one.amount)}" for one in same]
            day = format_date(attempt.env, attempt.date_due)
            attempt.announcement_text = "\n".join([day, *lines])

    @api.model
    def _next_number(self, field, subject):
        """The number of the next try for what is debited: the field of this model, its record."""
        return 1 + max(self.search([(field, "=", subject.id)]).mapped("number"), default=0)

    # -- what it is about ------------------------------------------------------------------

    def _subject(self):
        """What is debited; never twice at a time."""
        return self.installment_id or self.move_line_id

    def _items(self):
        """The open items that the money is for; of a plan all, its first installments are paid
        first."""
        items = self.installment_id.plan_id.claim_ids.move_line_id or self.move_line_id
        return items.filtered(lambda item: item.amount_residual_currency > 0)

    def _collectable_now(self):
        """What may be debited of it now, by the ledger; 0.0 for nothing."""
        if self.installment_id:
            return self.autopay_id._installment_due(self.installment_id)
        if self.move_line_id not in self.autopay_id._covered_items()[self.autopay_id]:
            return 0.0
        return self.autopay_id._collectable().get(self.move_line_id.id, 0.0)

    def _again(self):
        """Values of the next try."""
        if self.installment_id:
            return self.autopay_id._installment_values(self.installment_id, self.amount)
        return {
            **self.autopay_id._attempt_values(self.move_line_id, self.amount),
            "name": self.name,
        }

    # -- debit -----------------------------------------------------------------------------

    def _charge_due(self):
        """Debit those that were announced for today or before, one by one."""
        for attempt in self.filtered(lambda attempt: attempt.state == "announced"):
            if attempt.date_due <= attempt.company_id._recovery_today():
                attempt._charge()
                self.env["ir.cron"]._recovery_commit()

    def _charge(self):
        """Debit it, unless another worker does, or nothing may be debited any more."""
        try:
            with self.env.cr.savepoint():
                is_begun = self._begin_charge()
        except OperationalError:
            raise
        except Exception as error:
            _logger.warning("Debit %s could not be begun: %s", self.id, error)
            self.invalidate_recordset()
            self._cancel(str(error))
            self.autopay_id._tell_owner(self.env._("%s was not debited", self.name), str(error))
            return
        if is_begun:
            # from here on it is a fact for every other worker, and for us if we die in the call
            self.env["ir.cron"]._recovery_commit()
            self._call_provider()

    def _begin_charge(self):
        """Whether it may be debited, and is ours to debit: its transaction is made then."""
        if not self.try_lock_for_update() or self.state != "announced":
            return False
        amount = min(self.amount, self._collectable_now())
        if self.autopay_id.state != "active" or not amount:
            self._cancel(self.env._("Nothing is to be debited any more: paid, contested or held."))
            return False
        self._set_state(
            "charging",
            transaction_id=self._make_transaction(amount).id,
            date_charged=self.company_id._recovery_today(),
        )
        return True

    def _make_transaction(self, amount):
        token, items = self.autopay_id.payment_token_id, self._items()
        return self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "token_id": token.id,
                "partner_id": token.partner_id.id,
                "operation": "offline",
                "amount": amount,
                "currency_id": self.currency_id.id,
                "reference": f"{self.name}-{self.id}",
                "invoice_ids": [Command.set(items.move_id.ids)],
                "recovery_debtor_id": self.partner_id.id,
                "recovery_allocates": True,
                "recovery_choice": items.ids,
                "recovery_parts": self._parts(amount),
            }
        )

    def _parts(self, amount):
        """{item id, as text: what of the money is for it}."""
        parts = {}
        for item in self._items():
            parts[str(item.id)] = part = min(amount, item.amount_residual_currency)
            amount -= part
        return {key: part for key, part in parts.items() if part > 0}

    def _call_provider(self):
        """The one call. Its answer comes back by the transaction, now or later."""
        try:
            with self.env.cr.savepoint():
                self.transaction_id._charge_with_token()
        except OperationalError:
            raise
        except Exception as error:
            _logger.warning("Debit %s: no answer of the provider: %s", self.id, error)
            self.invalidate_recordset()
            self._become_unknown()

    # -- what has become of it -------------------------------------------------------------

    @api.model
    def _follow(self, transactions):
        """These transactions have changed their state: so do their debits."""
        outcomes = {"done": "done", "error": "failed", "cancel": "failed"}
        attempts = self.search([("transaction_id", "in", transactions.ids)])
        for attempt in attempts:
            target = outcomes.get(attempt.transaction_id.state)
            if target in self._transitions[attempt.state]:
                getattr(attempt, f"_become_{target}")()

    def _become_done(self):
        self._set_state("done", reason=False)
        others = self.autopay_id.attempt_ids.filtered(
            lambda other: other.state == "announced" and other._subject() == self._subject()
        )
        others._cancel(self.env._("Debited."))
        self._log("done")
        # the ledger learns of it when core has looked at the transaction
        self.env.ref("payment.cron_post_process_payment_tx")._trigger()

    def _become_failed(self):
        """Try again as the company says; after the last try a person looks."""
        self._set_state("failed", reason=self.transaction_id.state_message)
        self._log("failed")
        if not self.autopay_id._try_again(self):
            self._give_up()

    def _give_up(self):
        """The last try failed: no fault of the customer is assumed, and its demands go on."""
        reason = self.env.ref("overdue_recovery.late_reason_technical_glitch")
        case = self.autopay_id._case()
        for record in (case, *self._items().move_id):
            record.late_reason_id = record.late_reason_id or reason
        if self.autopay_id.state == "active":
            self.autopay_id._suspend(
                self.env._(
                    "The debit of %(document)s failed for the last time: %(reason)s Ask for "
                    "another way to pay, and offer automatic payment again.",
                    document=self.name,
                    reason=self.reason or "",
                )
            )

    def _become_unknown(self):
        self._set_state("unknown")
        self._log("unknown")
        self.autopay_id._tell_owner(
            self.env._("Was %s debited?", self.name),
            self.env._(
                "The connection broke off. Look at %s with the provider: it is not debited again "
                "before you say that it was not.",
                self.transaction_id.reference,
            ),
        )

    @api.model
    def _look_for_answers(self):
        """Take the answers that came meanwhile. A debit of an earlier day without any is unknown:
        whoever made it died in the call. One of today may still be in it."""
        charging = self.search([("state", "=", "charging")])
        self._follow(charging.transaction_id)
        for attempt in charging.filtered(lambda attempt: attempt.state == "charging"):
            is_silent = attempt.transaction_id.state in (False, "draft")
            if is_silent and attempt.date_charged < attempt.company_id._recovery_today():
                attempt._become_unknown()

    def action_not_debited(self):
        """A person asked the provider: no money moved. It counts as failed, and may be tried
        again."""
        self.autopay_id.check_access("write")
        for attempt in self.sudo().filtered(lambda attempt: attempt.state == "unknown"):
            attempt._become_failed()
        return True

    def _cancel(self, reason):
        for attempt in self:
            attempt._set_state("cancelled", reason=reason)
            attempt._log("cancelled")

    def _log(self, outcome):
        self.autopay_id._log_step(
            outcome,
            self.reason or "",
            document=self.name,
            amount=self.amount,
            currency=self.currency_id.name,
            number=self.number,
            transaction=self.transaction_id.reference or "",
        )
