from odoo import api, fields, models
from odoo.tools import format_date

# Who may know how somebody pays: not the customer on the portal, not every employee.
RECOVERY_GROUPS = "overdue_recovery.group_user,overdue_recovery.group_auditor"


class AccountMove(models.Model):
    _name = "account.move"
    # charges before core: they override what core does
    _inherit = [
        "account.move.recovery.charge",
        "account.move.recovery.dispute",
        "account.move.recovery.referral",
        "account.move.recovery.resend",
        "account.move.recovery.returned",
        "account.move",
        "account.move.recovery.terms",
    ]

    late_reason_id = fields.Many2one(
        "recovery.late.reason",
        string="Reason of lateness",
        ondelete="restrict",
        copy=False,
        groups=RECOVERY_GROUPS,
        prefetch="recovery",
    )
    is_recovery_charge = fields.Boolean(readonly=True, copy=False, index=True, prefetch="recovery")
    dunning_level_id = fields.Many2one(
        "dunning.level",
        compute="_compute_dunning",
        search="_search_dunning_level_id",
        groups=RECOVERY_GROUPS,
    )
    dunning_date = fields.Date(
        compute="_compute_dunning", search="_search_dunning_date", groups=RECOVERY_GROUPS
    )
    recovery_case_id = fields.Many2one(
        "recovery.case",
        compute="_compute_recovery_case_id",
        search="_search_recovery_case_id",
        groups=RECOVERY_GROUPS,
    )
    dunning_blockers = fields.Char(
        compute="_compute_dunning_blockers",
        string="Why no reminder",
        groups=RECOVERY_GROUPS,
        help="Why nothing is sent about this invoice today; empty when it would go out.",
    )
    dunning_status = fields.Char(
        compute="_compute_dunning_status", string="Dunning", groups=RECOVERY_GROUPS
    )

    def _post(self, soft=True):
        again = self.filtered("posted_before")
        posted = super()._post(soft)
        self.env["recovery.case.dirty"].sudo()._put_new_terms(posted & again)
        return posted

    def _recovery_lines(self):
        """The receivable items of these documents."""
        return self.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    @api.depends("line_ids.dunning_level_id", "line_ids.dunning_date")
    def _compute_dunning(self):
        for move in self:
            lines = move._recovery_lines().filtered("dunning_level_id")
            levels = lines.dunning_level_id
            move.dunning_level_id = levels.sorted(lambda level: (level.sequence, level.delay_days))[
                -1:
            ]
            move.dunning_date = max(lines.mapped("dunning_date"), default=False)

    def _search_dunning_level_id(self, operator, value):
        return [("line_ids.dunning_level_id", operator, value)]

    def _search_dunning_date(self, operator, value):
        return [("line_ids.dunning_date", operator, value)]

    @api.depends("commercial_partner_id", "company_id")
    def _compute_recovery_case_id(self):
        debtors = self.commercial_partner_id._recovery_debtor()
        cases = self.env["recovery.case"].search(
            [("partner_id", "in", debtors.ids), ("date_closed", "=", False)]
        )
        found = {(case.partner_id, case.company_id): case for case in cases}
        for move in self:
            debtor = move.commercial_partner_id._recovery_debtor()
            move.recovery_case_id = found.get((debtor, move.company_id), False)

    def _search_recovery_case_id(self, operator, value):
        cases = self.env["recovery.case"].search([("id", operator, value)])
        return [
            ("commercial_partner_id", "in", cases.partner_id.ids),
            ("company_id", "in", cases.company_id.ids),
        ]

    def _compute_dunning_blockers(self):
        lines = self._recovery_lines().filtered(lambda line: not line.reconciled)
        reasons = self.env["account.move.line"]._dunning_blockers(lines.ids)
        for move in self:
            own = (line for line in move._recovery_lines() if line in lines)
            texts = dict.fromkeys(reason.text for line in own for reason in reasons[line.id])
            move.dunning_blockers = " ".join(texts)

    def _compute_dunning_status(self):
        """One line: the level reached, then why nothing is sent, or that the next run takes it."""
        for move in self:
            parts = []
            if move.dunning_level_id:
                parts.append(
                    self.env._(
                        "%(level)s on %(date)s.",
                        level=move.dunning_level_id.name,
                        date=format_date(self.env, move.dunning_date),
                    )
                )
            if move.is_sale_document() and move.state == "posted" and move.amount_residual:
                parts.append(move.dunning_blockers or self.env._("Goes out with the next run."))
            move.dunning_status = " ".join(parts)

    def recovery_status(self):
        """Where this document stands, for the line on its form: ``level`` (name or empty),
        ``text`` and whether there ``has_case``."""
        self.ensure_one()
        self.check_access("read")
        return {
            "level": self.dunning_level_id.name or "",
            "text": " ".join(filter(None, (self.dunning_status, self._recovery_charge_preview()))),
            "has_case": bool(self.recovery_case_id),
        }

    def action_open_recovery_case(self):
        """Open the customer's case, made if there is none."""
        self.ensure_one()
        return self.commercial_partner_id._action_open_case(self.company_id)

    def _recovery_make_pdf(self):
        """Make the document of this invoice as core does, without sending it to anybody.

        sudo: the engine needs it for a message, whoever woke it.
        """
        self.ensure_one()
        self.env["account.move.send"].sudo()._generate_and_send_invoices(
            self.sudo(), sending_methods=[], extra_edis=[]
        )
