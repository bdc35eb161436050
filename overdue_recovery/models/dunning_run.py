from collections import Counter, defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST_SIMULATION = timedelta(days=731)
# A person chooses the scope of a draft; afterwards the engine alone writes what a run is.
ENGINE_FIELDS = frozenset(["name", "origin", "stats", "waiting_reason"])
SCOPE_FIELDS = frozenset(["company_id", "date", "partner_ids", "policy_ids"])


class DunningRun(models.Model):
    """One dated look at a company's receivables, and the notices that came of it.

    ``action_propose`` measures, decides and writes notices; ``action_issue`` hands them to their
    deliveries in batches; ``_cron_run`` does the first every morning, and the second too where
    the policy says so. At most one run of origin cron or manual per company is proposed at a
    time: a later proposal takes over what a person did with the earlier one.
    """

    _name = "dunning.run"
    _description = "Dunning Run"
    _inherit = [
        "recovery.state.mixin",
        "dunning.run.proposal",
        "dunning.run.issue",
        "dunning.run.daily",
        "dunning.run.screen",
        "dunning.run.delivery",
        "mail.thread",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    _transitions = {
        "draft": {"proposing"},
        "proposing": {"proposed", "draft", "cancelled"},
        "proposed": {"proposing", "issuing", "cancelled"},
        "issuing": {"issued", "proposed"},
        "issued": {"cancelled"},
        "cancelled": set(),
    }

    name = fields.Char(default=lambda self: self.env._("New"), readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True, default=lambda self: self.env.company._recovery_today(), index=True
    )
    origin = fields.Selection(
        [("cron", "Daily job"), ("manual", "By hand"), ("single", "One customer")],
        default="manual",
        required=True,
        readonly=True,
    )
    partner_ids = fields.Many2many(
        "res.partner", string="Only customers", help="Empty: all customers."
    )
    policy_ids = fields.Many2many(
        "dunning.policy", string="Only policies", check_company=True, help="Empty: all policies."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("proposing", "Proposing"),
            ("proposed", "Proposed"),
            ("issuing", "Issuing"),
            ("issued", "Issued"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    notice_ids = fields.One2many("dunning.notice", "run_id", string="Notices")
    exception_ids = fields.One2many("dunning.exception", "run_id", string="Left out")
    stats = fields.Json(readonly=True, copy=False)
    notice_count = fields.Integer(compute="_compute_counts")
    exception_count = fields.Integer(compute="_compute_counts")
    amount_demanded = fields.Monetary(compute="_compute_counts", string="Demanded")
    progress = fields.Integer(
        compute="_compute_counts", help="Percent of the notices that are through."
    )
    waiting_reason = fields.Char(readonly=True, help="Why an automatic run waits for a person.")

    _one_proposal = models.UniqueIndex(
        "(company_id) WHERE state = 'proposed' AND origin != 'single'",
        "This company already has a proposed run.",
    )

    @api.depends("notice_ids.state")
    def _compute_counts(self):
        groups = self.env["dunning.notice"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count", "amount_demanded:sum"]
        )
        counts, amounts = defaultdict(Counter), Counter()
        for run, state, count, amount in groups:
            counts[run.id][state] = count
            amounts[run.id] += amount if state not in ("skipped", "cancelled") else 0
        exceptions = dict(
            self.env["dunning.exception"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["__count"]
            )
        )
        for run in self:
            own = counts[run.id]
            total = own.total() - own["skipped"] - own["cancelled"]
            open_count = own["proposed"] + own["issued"]
            run.notice_count = total
            run.exception_count = exceptions.get(run, 0)
            run.amount_demanded = amounts[run.id]
            run.progress = round(100 * (total - open_count) / total) if total else 0

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("name"):
                company_id = vals.get("company_id") or self.env.company.id
                sequence = self.env["ir.sequence"].with_company(company_id)
                vals["name"] = sequence.next_by_code("dunning.run") or self.env._("New")
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_may_write(vals)
        return super().write(vals)

    def _check_may_write(self, vals):
        """Refuse to falsify what a run was, as a person or by remote call."""
        begun = self.filtered(lambda run: run.state != "draft")
        if not ENGINE_FIELDS.isdisjoint(vals) or (begun and not SCOPE_FIELDS.isdisjoint(vals)):
            raise UserError(
                self.env._("What a run looked at and found stays as it is: make a new run.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_history(self):
        for run in self:
            if run.notice_ids.filtered(lambda notice: notice.state in ("issued", "sent", "failed")):
                raise UserError(
                    self.env._(
                        "Run %(run)s has sent notices and stays as their record. Cancel it.",
                        run=run.name,
                    )
                )

    # -- one customer ------------------------------------------------------------------------

    @api.model
    def _send_now(self, company, partner):
        """A run of origin ``single`` for one customer, proposed and issued.

        :raise UserError: with the reasons, when nothing may be sent
        """
        debtor = partner._recovery_debtor()
        run = self.create(
            {
                "company_id": company.id,
                "date": company._recovery_today(),
                "origin": "single",
                "partner_ids": debtor.ids,
            }
        )
        run.action_propose()
        if not run.notice_ids:
            raise UserError(run._nothing_to_send(debtor))
        run.action_issue()
        return run

    def _skip_proposed(self):
        """The customers' notices in a proposed run give way to the single ones."""
        proposed = self.env["dunning.notice"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", self.partner_ids._recovery_debtor().ids),
                ("state", "=", "proposed"),
                ("run_id", "!=", self.id),
            ]
        )
        proposed._set_state("skipped", reason=self.env._("Sent singly."))

    def _nothing_to_send(self, debtor):
        texts = self.env["dunning.reason"]._texts()
        reasons = [texts.get(code, code) for code in (self.stats or {}).get("left_out", {})]
        return self.env._(
            "Nothing can be sent to %(customer)s now. %(reasons)s",
            customer=debtor.display_name,
            reasons=" ".join(reasons) or self.env._("Nothing is open."),
        )

    # -- simulate ----------------------------------------------------------------------------

    def simulate(self, date_to):
        """What this run and the following daily ones would send until ``date_to`` (inclusive),
        if every notice went out and nobody paid.

        Pure: reads the ledger once, then decides day by day in memory.

        :return: one dict per notice: date, company_id, partner_id, level_id, level, channel,
            amount and charge (company currency; None: not foreseen, see the policy), verdict of
            the contact gate, move_line_ids
        """
        self.ensure_one()
        last = self.env.company._recovery_date(date_to) or self.date
        if last > self.date + LONGEST_SIMULATION:
            raise UserError(self.env._("A simulation looks at most two years ahead."))
        return self.env["dunning.simulation"]._simulate(self, last)
