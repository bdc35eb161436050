from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from psycopg2 import OperationalError

DEAD = ("skipped", "cancelled")
# What the engine writes; a person edits the note and nothing else.
ENGINE_FIELDS = frozenset(
    [
        "name",
        "run_id",
        "case_id",
        "company_id",
        "partner_id",
        "level_id",
        "date",
        "date_due",
        "amount_demanded",
        "is_merged",
        "reason",
        "line_ids",
        "delivery_ids",
    ]
)


class DunningNotice(models.Model):
    """What one customer is told by one run: every item on it, at its own level.

    Figures are those of the proposal until a delivery is handed over; then they are brought up
    to date once more and stay as the customer got them.
    """

    _name = "dunning.notice"
    _description = "Dunning Notice"
    _inherit = [
        "recovery.state.mixin",
        "dunning.notice.history",
        "dunning.notice.placeholder",
        "dunning.notice.message",
        "dunning.notice.screen",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"

    _transitions = {
        "proposed": {"issued", "skipped", "cancelled"},
        "issued": {"sent", "failed", "skipped", "cancelled"},
        "failed": {"issued", "cancelled"},
        "sent": {"failed", "cancelled"},
        "skipped": set(),
        "cancelled": set(),
    }

    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")
    run_id = fields.Many2one("dunning.run", required=True, index=True, ondelete="cascade")
    case_id = fields.Many2one("recovery.case", index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict"
    )
    level_id = fields.Many2one("dunning.level", required=True, index=True, ondelete="restrict")
    policy_id = fields.Many2one(related="level_id.policy_id")
    tone = fields.Selection(related="level_id.tone")
    date = fields.Date(help="Day of hand-over; before it, of the proposal.", index=True)
    date_due = fields.Date(string="Pay by")
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("issued", "Issued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    reason = fields.Char(help="Why it was skipped, cancelled or failed.", copy=False)
    is_merged = fields.Boolean(
        readonly=True, default=False, required=True, help="Its customer was merged with another."
    )
    personal_note = fields.Text(help="Your own paragraph, printed above the items.")
    line_ids = fields.One2many("dunning.notice.line", "notice_id", string="Items")
    delivery_ids = fields.One2many("dunning.delivery", "notice_id", string="Deliveries")
    amount_demanded = fields.Monetary(string="Demanded", help="After credits, company currency.")

    _one_per_customer = models.UniqueIndex(
        "(run_id, partner_id) WHERE state NOT IN ('skipped', 'cancelled') AND NOT is_merged",
        "A customer gets one notice in a run.",
    )

    def write(self, vals):
        by_hand = not self.env.su and not self._is_set_state()
        if by_hand and not ENGINE_FIELDS.isdisjoint(vals):
            raise UserError(
                self.env._(
                    "A notice shows what the ledger says. Write a personal note, skip it, or "
                    "change the invoice."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_history(self):
        for notice in self.filtered(lambda notice: notice.state in ("issued", "sent", "failed")):
            raise UserError(
                self.env._(
                    "Notice %(notice)s was issued and stays as its record. Cancel it instead.",
                    notice=notice.display_name,
                )
            )

    # -- drafts ----------------------------------------------------------------------------

    @api.model
    def _create_from_drafts(self, run, drafts):
        """Insert the notices of ``dunning.proposal`` drafts; a constant number of statements."""
        if not drafts:
            return self.browse()
        partners = self.env["res.partner"].browse([draft.debtor_id for draft in drafts])
        cases = self.env["recovery.case"]._open_cases(run.company_id, partners)
        columns = [
            "run_id",
            "company_id",
            "partner_id",
            "case_id",
            "level_id",
            "date",
            "date_due",
            "state",
            "amount_demanded",
            "is_merged",
        ]
        rows = [
            (
                run.id,
                run.company_id.id,
                draft.debtor_id,
                cases[draft.debtor_id],
                draft.level_id,
                run.date,
                self._expected_pay_by(draft, run.date, partner),
                "proposed",
                draft.amount,
                False,
            )
            for draft, partner in zip(drafts, partners, strict=True)
        ]
        ids = self.env["dunning.proposal"]._insert("dunning.notice", columns, rows)
        self._number(ids)
        lines = [(notice_id, draft.lines) for notice_id, draft in zip(ids, drafts, strict=True)]
        self.env["dunning.proposal"]._write_lines(lines, run.company_id)
        return self.browse(ids)

    @api.model
    def _number(self, ids):
        """A short reference the customer can quote: one statement, gaps are harmless."""
        self.env.cr.execute(
            SQL(
                "UPDATE dunning_notice SET name = 'DN' || LPAD(id::text, 6, '0') WHERE id IN %s",
                tuple(ids),
            )
        )

    def _expected_pay_by(self, draft, day, partner):
        """The pay-by date if the notice went out on ``day``. ``partner`` is the draft's debtor,
        one of a recordset: its country is read for all at once."""
        level = self.env["dunning.level"].browse(draft.level_id)
        # lines hold their maturity at index 3 (see dunning.proposal LINE_COLUMNS)
        due = min(line[3] for line in draft.lines if line[0] == "rising")
        return level._pay_by(day, partner, due)

    def _matches(self, draft, day):
        """Whether this notice already says what the draft of ``day`` says."""
        self.ensure_one()
        if self.level_id.id != draft.level_id or self.date != day:
            return False
        own = {
            (
                line.kind,
                line.move_line_id.id,
                line.date_due,
                line.level_id.id,
                line.cycle,
                line.amount_residual,
                line.amount_demanded,
            )
            for line in self.line_ids
        }
        # kind, item, maturity, level, cycle, rest and sum demanded by their place in LINE_COLUMNS
        return own == {
            (
                line[0],
                line[1] or False,
                line[3] or False,
                line[4] or False,
                line[5],
                line[10],
                line[11],
            )
            for line in draft.lines
        }

    @api.model
    def _redraft(self, changed, day):
        """Bring notices in line with new drafts of ``day``: ``[(notice, draft), …]``."""
        notices = self.browse(notice.id for notice, _draft in changed)
        debtors = self.env["res.partner"].browse(notices.partner_id.ids)
        partners = {partner.id: partner for partner in debtors}
        notices.line_ids.sudo().unlink()
        by_company = defaultdict(list)
        for notice, draft in changed:
            notice.write(
                {
                    "level_id": draft.level_id,
                    "date": day,
                    "date_due": self._expected_pay_by(draft, day, partners[draft.debtor_id]),
                    "amount_demanded": draft.amount,
                }
            )
            by_company[notice.company_id].append((notice.id, draft.lines))
        for company, lines in by_company.items():
            self.env["dunning.proposal"]._write_lines(lines, company)

    # -- figures ---------------------------------------------------------------------------

    def _totals(self):
        """{currency: net sum demanded} over the lines of these notices, in each currency."""
        totals = defaultdict(float)
        for line in self.line_ids:
            totals[line.currency_id] += line.amount_demanded
        return {currency: currency.round(amount) for currency, amount in totals.items() if amount}

    # -- issue -----------------------------------------------------------------------------

    def _issue(self):
        """Make the deliveries of proposed notices. A notice that raises becomes failed."""
        self._set_state("issued")
        try:
            with self.env.cr.savepoint():
                self._queue_deliveries()
        except OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                self._set_state("failed", reason=str(error))
                return
            for notice in self:
                notice._issue_again()

    def _issue_again(self):
        """One notice of a batch that raised, by itself."""
        try:
            with self.env.cr.savepoint():
                self._queue_deliveries()
        except OperationalError:
            raise
        except Exception as error:
            self._set_state("failed", reason=str(error))

    def _queue_deliveries(self):
        """Deliveries for every notice of ``self``; an internal level counts at once."""
        internal = self.filtered("level_id.is_internal")
        self.env["dunning.delivery"]._queue(self - internal)
        for company, notices in internal.grouped("company_id").items():
            notices._freeze(company._recovery_today())
        internal._hand_over()

    def _hand_over(self):
        """Something of these notices has reached the customer: now the levels count."""
        fresh = self.filtered(lambda notice: notice.state != "sent")
        if not fresh:
            return
        fresh._set_state("sent", reason=False)
        rising = fresh.line_ids.filtered(lambda line: line.kind == "rising" and line.move_line_id)
        self.env["dunning.item"]._ensure(rising.move_line_id)._rebuild()

    def _freeze(self, today):
        """Write the day and the pay-by dates that the message prints, before it is rendered."""
        for notice in self:
            letter = any(d.channel == "letter" for d in notice.delivery_ids)
            rising = notice.line_ids.filtered(lambda line: line.kind == "rising")
            for line in rising:
                line.pay_by = line.level_id._pay_by(
                    today, notice.partner_id, line.date_due or today, letter
                )
            dates = [line.pay_by for line in rising if line.level_id == notice.level_id]
            notice.write({"date": today, "date_due": min(dates, default=notice.date_due)})

    # -- re-check --------------------------------------------------------------------------

    def _recheck(self):
        """Read ledger and holds again and bring issued notices up to date.

        What is no longer due goes; a notice on which nothing rises any more is cancelled with
        the reason. Sent notices (a further recipient) are not changed.

        :return: the notices of ``self`` that may leave now
        """
        gone = self.browse()
        for company, notices in self.grouped("company_id").items():
            today = company._recovery_today()
            debtors = self.env["dunning.measure"]._debtors(
                company, today, debtor_ids=notices.partner_id.ids, ignore=notices
            )
            found = {debtor.id: debtor for debtor in debtors}
            changed = []
            for notice in notices:
                is_due, draft = notice._still_due(found.get(notice.partner_id.id), today)
                if not is_due:
                    gone |= notice
                elif draft and not notice._matches(draft, today):
                    changed.append((notice, draft))
            self._redraft(changed, today)
        gone.filtered(lambda notice: notice.state == "issued")._set_state("cancelled")
        return self - gone

    def _still_due(self, debtor, today):
        """Whether something of this notice still rises, and what the notice would say now (None:
        it was sent already and stays)."""
        proposed = {
            line.move_line_id.id: line.level_id for line in self.line_ids if line.kind == "rising"
        }
        if not debtor:
            self.reason = self.env._("Paid, or no longer to be collected.")
            return False, None
        if self.state == "sent":
            return debtor.still_open(proposed), None
        debtor.keep_levels({key: level._fact() for key, level in proposed.items()})
        draft = self.env["dunning.proposal"]._draft(debtor, today)
        if not draft:
            self.reason = self._why_gone(debtor, proposed)
            return False, None
        return True, draft

    def _why_gone(self, debtor, keys):
        texts = self.env["dunning.reason"]._texts()
        codes = {code for key in keys for code in debtor.why(key)}
        return " ".join(texts.get(code, code) for code in sorted(codes)) or self.env._(
            "Paid, or no longer to be collected."
        )

    # -- a person's acts -------------------------------------------------------------------

    def action_skip(self, reason=None):
        """Leave these customers out of their run. Neither level nor cycle changes.

        :param reason: shown on the notice and in the log; required
        """
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why this notice is skipped."))
        self.check_access("write")
        notices = self.sudo()
        notices.delivery_ids._cancel_open()
        notices._set_state("skipped", reason=reason.strip())
        return True

    def action_retry(self):
        """Try failed notices again: their failed deliveries are queued once more, after a fresh
        look at what is due."""
        self.check_access("write")
        notices = self.sudo()
        notices._set_state("issued", reason=False)
        notices.delivery_ids.filtered(lambda d: d.state in ("failed", "bounced"))._retry()
        notices.filtered(lambda notice: not notice.delivery_ids)._queue_deliveries()
        self.env["dunning.delivery"]._trigger_delivery()
        return True

    def action_cancel(self):
        """Cancel these notices; what was handed over sets its items back (see `_cancel`)."""
        self.check_access("write")
        self.sudo()._cancel(self.env._("Cancelled by %s.", self.env.user.name))
        return True

    def _cancel(self, reason):
        """Cancel what can be cancelled. After a hand-over the items go back to their level before
        this notice, in a new cycle; before it nothing changes."""
        chosen = self.filtered(lambda notice: "cancelled" in self._transitions[notice.state])
        handed_over = chosen.filtered(lambda notice: notice.state == "sent")
        chosen.delivery_ids._cancel_open()
        before = handed_over._levels_before()
        chosen._set_state("cancelled", reason=reason)
        for item, (level, day, pay_by) in before.items():
            item._restart_at(level, day, pay_by)

    def _levels_before(self):
        """{item: (level, date, pay-by)} that the items of these sent notices had before them."""
        rising = self.line_ids.filtered(lambda line: line.kind == "rising" and line.move_line_id)
        items = self.env["dunning.item"]._ensure(rising.move_line_id)
        earlier = self.env["dunning.notice.line"].search(
            [
                ("move_line_id", "in", rising.move_line_id.ids),
                ("kind", "=", "rising"),
                ("live", "=", True),
                ("notice_id.state", "=", "sent"),
                ("notice_id", "not in", self.ids),
            ],
            order="id",
        )
        newest = {(line.move_line_id, line.cycle): line for line in earlier}
        before = {}
        for item in items:
            line = newest.get((item.move_line_id, item.cycle))
            if line:
                before[item] = line.level_id, line.notice_id.date, line.pay_by
            else:
                before[item] = item.start_level_id, item.start_date, item.start_due_date
        return before

    def _after_state(self, target):
        if target in DEAD:
            self.line_ids.sudo().write({"live": False})
        if target == "failed":
            items = self.env["dunning.item"].search(
                [("move_line_id", "in", self.line_ids.move_line_id.ids)]
            )
            items._rebuild()
        self.env["recovery.case.dirty"]._put(self.case_id)
        return super()._after_state(target)
