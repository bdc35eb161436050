from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from .dunning_proposal import LINE_COLUMNS


class SaidLine(NamedTuple):
    """What a notice says of one item: what differs makes another notice."""

    kind: str
    move_line_id: int | None
    date_due: object
    level_id: int | None
    cycle: int
    amount_residual: float
    amount_demanded: float


# Their places in a draft's lines, which begin with the column after the notice.
_SAID = [LINE_COLUMNS.index(name) - 1 for name in SaidLine._fields]


class DunningNoticeDraft(models.AbstractModel):
    """How drafts of a proposal become notices, and are brought up to date."""

    _name = "dunning.notice.draft"
    _description = "Notice: made from a draft"

    @api.model
    def _create_from_drafts(self, run, drafts):
        """Insert the notices of ``dunning.proposal`` drafts; a constant number of statements.

        Each gets a short reference that the customer can quote; gaps in it are harmless.
        """
        if not drafts:
            return self.browse()
        partners = self.env["res.partner"].browse([draft.debtor_id for draft in drafts])
        cases = self.env["recovery.case"]._open_cases(run.company_id, partners)
        partners.fetch(["country_id", "state_id"])
        proposal = self.env["dunning.proposal"]
        ids = proposal._new_ids("dunning.notice", len(drafts))
        columns = [
            "id",
            "name",
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
                notice_id,
                f"DN{notice_id:06}",
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
            for notice_id, draft, partner in zip(ids, drafts, partners, strict=True)
        ]
        proposal._insert("dunning.notice", columns, rows)
        proposal._write_lines(
            (notice_id, draft.lines) for notice_id, draft in zip(ids, drafts, strict=True)
        )
        return self.browse(ids)

    def _expected_pay_by(self, draft, day, partner):
        """The pay-by date if the notice went out on ``day``. ``partner`` is the draft's debtor,
        one of a recordset: its country is read for all at once."""
        level = self.env["dunning.level"].browse(draft.level_id)
        # lines hold their maturity at index 3 (see dunning.proposal LINE_COLUMNS)
        due = min(line[3] for line in draft.lines if line[0] == "rising")
        return level._pay_by(day, partner, due)

    def _said(self):
        """{notice id: [``SaidLine``, …]}: what these notices say of each item, in one statement."""
        said = {notice_id: [] for notice_id in self._ids}
        if not said:
            return said
        self.env["dunning.notice.line"].flush_model()
        query = SQL(
            """
            SELECT notice_id, kind, move_line_id, date_due, level_id, cycle,
                   amount_residual::float8, amount_demanded::float8
              FROM dunning_notice_line WHERE notice_id IN %s
            """,
            self._ids,
        )
        for notice_id, *line in self.env.execute_query(query):
            said[notice_id].append(SaidLine._make(line))
        return said

    def _matches(self, draft, day, said):
        """Whether this notice, which says ``said``, says what the draft of ``day`` says."""
        self.ensure_one()
        if self.level_id.id != draft.level_id or self.date != day:
            return False
        return set(said) == {SaidLine(*map(line.__getitem__, _SAID)) for line in draft.lines}

    @api.model
    def _redraft(self, changed, day):
        """Bring notices in line with new drafts of ``day``: ``[(notice, draft), …]``."""
        notices = self.browse(notice.id for notice, _draft in changed)
        debtors = self.env["res.partner"].browse(notices.partner_id.ids)
        partners = {partner.id: partner for partner in debtors}
        notices.line_ids.sudo().unlink()
        notices.delivery_ids._forget_messages()
        for notice, draft in changed:
            notice.write(
                {
                    "level_id": draft.level_id,
                    "date": day,
                    "date_due": self._expected_pay_by(draft, day, partners[draft.debtor_id]),
                    "amount_demanded": draft.amount,
                    "amount_charges": 0.0,
                }
            )
        self.env["dunning.proposal"]._write_lines(
            (notice.id, draft.lines) for notice, draft in changed
        )
