from collections import defaultdict
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
_KIND, _DUE = (LINE_COLUMNS.index(name) - 1 for name in ("kind", "date_due"))


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
        debtors = self.env["res.partner"].browse([draft.debtor_id for draft in drafts])
        cases = self.env["recovery.case"]._open_cases_of_debtors(run.company_id, debtors)
        pay_by = self._expected_pay_by(drafts, run.date)
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
                pay_by[draft.debtor_id],
                "proposed",
                draft.amount,
                False,
            )
            for notice_id, draft in zip(ids, drafts, strict=True)
        ]
        proposal._insert("dunning.notice", columns, rows)
        proposal._write_lines(
            (notice_id, draft.lines) for notice_id, draft in zip(ids, drafts, strict=True)
        )
        return self.browse(ids)

    def _expected_pay_by(self, drafts, day):
        """{debtor id: pay-by date if its notice went out on ``day``}: looked up once for each
        level, place and maturity."""
        debtors = self.env["res.partner"].browse([draft.debtor_id for draft in drafts])
        places = debtors.read(["country_id", "state_id"], load=None)
        found, known = {}, {}
        for draft, place in zip(drafts, places, strict=True):
            # the first one is the oldest: items go by maturity
            due = next(line[_DUE] for line in draft.lines if line[_KIND] == "rising")
            key = draft.level_id, place["country_id"], place["state_id"], due
            if key not in known:
                level = self.env["dunning.level"].browse(draft.level_id)
                known[key] = level._pay_by(day, debtors.browse(draft.debtor_id), due)
            found[draft.debtor_id] = known[key]
        return found

    @api.model
    def _outdated(self, drafts, day):
        """Those of ``drafts`` {notice: draft} whose notice does not say yet what the draft of
        ``day`` says, as [(notice, draft)]."""
        notices = self.browse(notice.id for notice in drafts)
        notices.fetch(["level_id", "date"])
        said = notices._said()
        return [
            (notice, draft)
            for notice, draft in drafts.items()
            if not notice._matches(draft, day, said[notice.id])
        ]

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
        if not changed:
            return
        notices = self.browse(notice.id for notice, _draft in changed)
        pay_by = self._expected_pay_by([draft for _notice, draft in changed], day)
        notices.line_ids.sudo().unlink()
        notices.delivery_ids._forget_messages()
        alike = defaultdict(list)
        for notice, draft in changed:
            alike[draft.level_id, pay_by[draft.debtor_id]].append(notice.id)
            if notice.amount_demanded != draft.amount:
                notice.amount_demanded = draft.amount
        for (level_id, date_due), ids in alike.items():
            self.browse(ids).write(
                {"level_id": level_id, "date": day, "date_due": date_due, "amount_charges": 0.0}
            )
        self.env["dunning.proposal"]._write_lines(
            (notice.id, draft.lines) for notice, draft in changed
        )
