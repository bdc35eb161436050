from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..calc import case_state

CASES_PER_BATCH = 500
# No client can send it: only what derives a case's state may write it.
_DERIVED = object()
# What nobody sets by hand or by remote call; the state not even the superuser.
FIXED = frozenset(
    [
        "partner_id",
        "company_id",
        "date_opened",
        "date_closed",
        "outcome",
        "next_step",
        "next_step_date",
    ]
)


class RecoveryCase(models.Model):
    """The open file of one debtor in one company.

    Its state is derived from what holds now, never set; figures come from the ledger.
    """

    _name = "recovery.case"
    _description = "Recovery Case"
    _inherit = [
        "recovery.case.screen",
        "recovery.deputy.mixin",
        "recovery.case.timeline",
        "recovery.case.reply",
        "recovery.case.activity",
        "recovery.case.call",
        "recovery.case.evidence",
        "recovery.case.privacy",
        "recovery.case.contact",
        "recovery.case.arrangement",
        "recovery.case.promise",
        "recovery.case.plan",
        "recovery.case.hardship",
        "recovery.case.autopay",
        "recovery.case.treatment",
        "recovery.case.referral",
        "recovery.case.request",
        "recovery.case.message",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "next_step_date, id desc"
    _rec_name = "partner_id"

    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict"
    )
    partner_tag_ids = fields.Many2many(related="partner_id.category_id", string="Tags")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", string="Owner", tracking=True)
    state = fields.Selection(
        [
            ("written_off", "Written off"),
            ("legal", "Legal"),
            ("referred", "Referred"),
            ("hardship", "Hardship"),
            ("dunning", "Dunning"),
            ("dispute", "Dispute"),
            ("plan", "Plan"),
            ("promised", "Promised"),
            ("watch", "Watch"),
            ("resolved", "Resolved"),
        ],
        default="watch",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    late_reason_id = fields.Many2one("recovery.late.reason", ondelete="restrict")
    follow_up_date = fields.Date(help="Set by you; comes before the computed next step.")
    next_step = fields.Char(readonly=True)
    next_step_date = fields.Date(readonly=True, index=True)
    outcome = fields.Char(readonly=True)
    date_opened = fields.Date(
        default=lambda self: self.env.company._recovery_today(), required=True, readonly=True
    )
    date_closed = fields.Date(readonly=True, index=True)
    notice_ids = fields.One2many("dunning.notice", "case_id")
    interaction_ids = fields.One2many("recovery.interaction", "case_id", string="Contact log")
    hold_ids = fields.Many2many("recovery.hold", compute="_compute_hold_ids")
    item_ids = fields.Many2many("account.move.line", compute="_compute_open", string="Open items")
    amount_overdue = fields.Monetary(compute="_compute_open", string="Overdue")
    amount_not_due = fields.Monetary(compute="_compute_open", string="Not due")
    amount_credits = fields.Monetary(compute="_compute_open", string="Open credits")
    previous_case_ids = fields.Many2many(
        "recovery.case", compute="_compute_previous_case_ids", string="Earlier cases"
    )

    _one_open = models.UniqueIndex(
        "(partner_id, company_id) WHERE date_closed IS NULL",
        "This customer already has an open case.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_open(self):
        for case, (overdue, not_due, credits) in self._open_lines().items():
            case.item_ids = overdue | not_due
            case.amount_overdue = sum(overdue.mapped("amount_residual"))
            case.amount_not_due = sum(not_due.mapped("amount_residual"))
            case.amount_credits = -sum(credits.mapped("amount_residual"))

    def _open_lines(self):
        """{case: (overdue items, items not due, open credits)}, one query for each company."""
        found = {}
        for company, cases in self.grouped("company_id").items():
            today = company._recovery_today()
            companies = self.env["dunning.measure"]._companies(company)
            lines = self.env["account.move.line"]._recovery_open_lines(companies, cases.partner_id)
            for case in cases:
                own = lines.get(case.partner_id.id, lines[None])
                debts = own.filtered(lambda line: line.amount_residual > 0)
                overdue = debts._overdue_on(today)
                found[case] = overdue, debts - overdue, own - debts
        return found

    @api.depends("partner_id", "company_id")
    @api.depends_context("uid")
    def _compute_hold_ids(self):
        holds = self.env["recovery.hold"]
        for case in self:
            domain = [("company_id", "=", case.company_id.id)]
            domain += holds._dated_domain(case.company_id._recovery_today())
            partner = [("partner_id", "=", case.partner_id.id)]
            documents = [
                "|",
                ("move_id.commercial_partner_id", "=", case.partner_id.id),
                ("move_line_id.partner_id", "=", case.partner_id.id),
            ]
            case.hold_ids = holds.search([*domain, "|", *partner, *documents])

    @api.depends("partner_id", "company_id", "date_opened")
    def _compute_previous_case_ids(self):
        closed = self.search(
            [("partner_id", "in", self.partner_id.ids), ("date_closed", "!=", False)]
        )
        for case in self:
            since = fields.Date.subtract(case.date_opened, days=90)
            case.previous_case_ids = closed.filtered(
                lambda old, case=case, since=since: (
                    old != case
                    and old.partner_id == case.partner_id
                    and old.company_id == case.company_id
                    and since <= old.date_closed <= case.date_opened
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        derived = ("date_closed", "outcome", "next_step", "next_step_date")
        if not self.env.su and any(
            case.state != "watch" or any(case[name] for name in derived) for case in cases
        ):
            raise UserError(self._derived_message())
        return cases

    def write(self, vals):
        derived = self.env.context.get("recovery_derived") is _DERIVED
        if not derived and ("state" in vals or (not self.env.su and not FIXED.isdisjoint(vals))):
            raise UserError(self._derived_message())
        if "user_id" in vals:
            self._forget_messages()
        return super().write(vals)

    def _forget_messages(self):
        """The messages that wait to leave are signed by the owner: they are written anew.

        sudo: whoever changes the owner need not be allowed to change messages.
        """
        domain = [("notice_id.case_id", "in", self.ids), ("state", "in", ("queued", "held"))]
        self.env["dunning.delivery"].sudo().search(domain)._forget_messages()

    def _derived_message(self):
        return self.env._(
            "Whose case it is, its state and its end follow from the facts and can't be set."
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_empty(self):
        for case in self:
            agreed = (
                case.offer_ids
                or case.promise_ids
                or case.plan_ids
                or case.dispute_ids
                or case.referral_ids
                or case.request_ids
            )
            if case.interaction_ids or agreed or case.notice_ids.filtered("line_ids.live"):
                raise UserError(
                    self.env._(
                        "The case of %s has a contact log, notices or offers, which must be "
                        "kept. Archive it instead.",
                        case.partner_id.display_name,
                    )
                )

    # -- open ------------------------------------------------------------------------------

    @api.model
    def _open_cases(self, company, partners):
        """{partner id: id of its open case}, opened where there is none. Three statements."""
        if not partners:
            return {}
        debtor_ids = {partner.id: partner._recovery_debtor().id for partner in partners}
        debtors = partners.browse(dict.fromkeys(debtor_ids.values()))
        cases = self._open_cases_of_debtors(company, debtors)
        return {partner_id: cases[debtor_id] for partner_id, debtor_id in debtor_ids.items()}

    def _open_cases_of_debtors(self, company, debtors):
        """`_open_cases` for those who owe themselves, as measure finds them."""
        known = self._open_ids(company, debtors)
        new = [debtor_id for debtor_id in debtors.ids if debtor_id not in known]
        return {**known, **self._open_for(company, debtors.browse(new))}

    def _open_for(self, company, debtors):
        """{debtor id: id of its new case}."""
        if not debtors:
            return {}
        debtors.fetch(["user_id"])
        today = company._recovery_today()
        proposal = self.env["dunning.proposal"]
        ids = proposal._new_ids("recovery.case", len(debtors))
        columns = ["id", "partner_id", "company_id", "user_id", "state", "date_opened", "active"]
        rows = [
            (
                case_id,
                debtor.id,
                company.id,
                debtor._recovery_owner(company).id or None,
                "watch",
                today,
                True,
            )
            for case_id, debtor in zip(ids, debtors, strict=True)
        ]
        proposal._insert("recovery.case", columns, rows)
        self.env["recovery.case.dirty"]._put(self.browse(ids))
        return dict(zip(debtors.ids, ids, strict=True))

    def _open_ids(self, company, debtors):
        self.flush_model()
        query = SQL(
            """SELECT partner_id, id FROM recovery_case
                WHERE date_closed IS NULL AND company_id = %s AND partner_id IN %s""",
            company.id,
            tuple(debtors.ids),
        )
        return dict(self.env.execute_query(query))

    # -- derive ----------------------------------------------------------------------------

    @api.model
    def _cron_daily(self):
        """The daily order: judge what was agreed, end what is over, recompute cases, then propose.

        sudo: nobody watches this job, and it looks after every company.
        """
        self = self.sudo()
        self.env["recovery.promise"]._judge_all()
        self.env["recovery.plan"]._judge_all()
        self.env["recovery.offer"]._judge_all()
        self.env["recovery.autopay"]._cron_autopay()
        self.env["recovery.referral"]._watch_all()
        self._recompute_dirty()
        self._recompute(self.search([("date_closed", "=", False)]))
        self.env["recovery.hold"]._ask_for_reviews()
        self.env["recovery.plan.installment"]._remind_all()
        self.env["recovery.request"]._escalate()
        self.env["recovery.charge"]._cron_charges()
        self.env["recovery.interaction"]._export_heads()
        self.env["ir.cron"]._recovery_commit()
        self.env["dunning.run"]._cron_run()
        self.env["recovery.reference.rate"]._cron_watch()

    @api.model
    def _cron_recompute(self):
        """Work the queue of customers to look at again."""
        while self._recompute_dirty():
            if not self.env["ir.cron"]._recovery_commit(1):
                break

    @api.model
    def _recompute_dirty(self):
        """Begin the next cycle of reopened items, judge what was agreed with the customers and
        derive the queued cases again.

        :return: whether anything was queued
        """
        queue = self.env["recovery.case.dirty"].sudo()
        pairs, reopened = queue._take(CASES_PER_BATCH)
        queue._begin_next_cycle(reopened)
        self.env["recovery.promise"]._judge_customers(pairs)
        self.env["recovery.plan"]._judge_customers(pairs)
        self.env["recovery.offer"]._judge_customers(pairs)
        self.env["recovery.referral"]._watch_customers(pairs)
        partner_ids = {partner_id for partner_id, _company_id in pairs}
        cases = self.sudo().search(
            [("partner_id", "in", list(partner_ids)), ("date_closed", "=", False)]
        )
        self._recompute(cases)
        self._look_for_late_payments(pairs)
        return bool(pairs or reopened)

    @api.model
    def _look_for_late_payments(self, pairs):
        """Money of these {(customer id, company id)} may be dated before days that were charged."""
        policies = self.env["dunning.policy"]
        charged = [partner for partner, company in pairs if policies._is_charging(company)]
        if charged:
            partners = self.env["res.partner"].browse(charged)
            self.env["recovery.charge"]._propose_corrections(partners)

    @api.model
    def _recompute(self, cases):
        """Derive state and next step of these open cases; close those that are resolved."""
        for company, own in cases.grouped("company_id").items():
            today = company._recovery_today()
            debtors = self.env["dunning.measure"]._debtors(
                company, today, debtor_ids=own.partner_id.ids
            )
            found = {debtor.id: debtor for debtor in debtors}
            changes = defaultdict(self.browse)
            settled = self.browse()
            for case in own:
                debtor = found.get(case.partner_id.id)
                values = case._derived_values(debtor, today)
                changes[tuple(values.items())] |= case
                if not case._is_asked(debtor, today):
                    settled |= case
            settled._take_back_calls()
            for values, same in changes.items():
                same._write_or_close(dict(values))

    def _derived_values(self, debtor, today):
        """The derived columns of one case: equal ones are written together."""
        values = {"state": case_state.derive(self._facts(debtor, today))}
        if values["state"] == "resolved":
            return {**values, "date_closed": today, "next_step": False, "next_step_date": False}
        day, level = debtor.next_step(today) if debtor else (None, None)
        values["next_step_date"] = day or False
        values["next_step"] = level.name if level else False
        return values

    def _write_or_close(self, values):
        """Write these derived values; of cases that close also what they closed with."""
        if not values.get("date_closed"):
            self._write_derived(values)
            return
        withdrawn = self._withdrawn()
        withdrawn._write_derived({**values, "outcome": "withdrawn"})
        lost = (self - withdrawn)._lost()
        lost._write_derived({**values, "outcome": "written_off"})
        paid = self - withdrawn - lost
        paid._write_derived({**values, "outcome": "paid"})
        paid._thank()

    def _withdrawn(self):
        """Those of these cases whose notices asked only for items that are posted no more: the
        documents were cancelled or deleted, and nobody paid."""
        query = SQL(
            """
            SELECT notice.case_id
              FROM dunning_notice notice
              JOIN dunning_notice_line asked ON asked.notice_id = notice.id
               AND asked.kind IN ('rising', 'listed')
         LEFT JOIN account_move_line line ON line.id = asked.move_line_id
             WHERE notice.case_id IN %s
          GROUP BY notice.case_id
            HAVING NOT BOOL_OR(COALESCE(line.parent_state = 'posted', FALSE))
            """,
            tuple(self.ids),
        )
        return self.browse(case_id for (case_id,) in self.env.execute_query(query))

    def _facts(self, debtor, today):
        """What holds now, for ``calc.case_state.derive``. Seam: later rooms add their facts."""
        if not debtor:
            return {}
        codes = {hold.reason for item in debtor.items for hold in item.holds}
        return {
            "referred": "referred" in codes,
            "hardship": "hardship" in codes,
            "dunning": self._is_asked(debtor, today),
            "dispute": "disputed" in codes,
            "plan": "in_plan" in codes,
            "promised": "promised" in codes,
            "watch": bool(debtor.items or debtor.costs or debtor.undated),
        }

    @api.model
    def _is_asked(self, debtor, today):
        """Whether something overdue may be demanded of this ``dunning.measure`` debtor now."""
        return bool(debtor) and any(
            item.demandable and item.date_due < today
            for item in debtor.items
            if not (item.blocked or item.no_followup)
        )

    def _write_derived(self, values):
        changed = self.filtered(
            lambda case: any(case[name] != value for name, value in values.items())
        )
        if changed:
            # the only writer of the derived state
            changed.with_context(recovery_derived=_DERIVED, tracking_disable=True).write(values)

    def _close_merged_into(self, kept):
        """Close these cases because their customer became ``kept``'s; their history stays with
        them, what is open moves over."""
        if not self:
            return
        self.notice_ids.sudo().case_id = kept
        self.offer_ids.sudo().case_id = kept
        self.promise_ids.sudo().case_id = kept
        self.plan_ids.sudo().case_id = kept
        self.dispute_ids.sudo().case_id = kept
        self.referral_ids.sudo().case_id = kept
        self.request_ids.sudo().case_id = kept
        self.activity_ids.sudo().write({"res_id": kept.id})
        today = kept.company_id._recovery_today()
        self.write({"date_closed": today, "outcome": "merged"})
        self.env["recovery.case.dirty"]._put(kept)

    # -- a person's acts -------------------------------------------------------------------

    def action_send_now(self):
        """Send this customer what is due now, as a run of its own."""
        self.ensure_one()
        run = self.env["dunning.run"]._send_now(self.company_id, self.partner_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "dunning.notice",
            "res_id": run.notice_ids[:1].id,
            "view_mode": "form",
        }

    def action_verify_log(self):
        """Check the chain of the contact log and say what was found."""
        self.ensure_one()
        return self.env["recovery.interaction"]._verify_notification(self)
