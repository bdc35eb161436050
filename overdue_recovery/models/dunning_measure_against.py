from odoo import api, models
from odoo.tools import SQL

from .dunning_facts import Against


class DunningMeasureAgainst(models.AbstractModel):
    """What stands against items: holds, receipts that nobody matched yet, notices that wait."""

    _name = "dunning.measure.against"
    _description = "Measure: what stands against items"

    @api.model
    def _against(self, companies, today, ignore=None, rows=None):
        """What stands ``Against`` items on ``today``: the holds in force (both ends included) that
        touch contact or amounts, the receipts that the bank knows and nobody matched yet, and the
        notices that wait.

        :param ignore: see ``_under_way``
        :param rows: only what may stand against these items (None: all)
        """
        against = Against(self._under_way(ignore, rows))
        domain = self.env["recovery.hold"]._in_force_domain(companies, today)
        if rows is not None:
            domain &= against.domain_on(rows)
        for hold in self.env["recovery.hold"].sudo()._read_on(domain):
            against.add(hold)
        for receipt in self.env["dunning.bank"]._receipts(companies, today):
            against.add_receipt(receipt)
        return against

    @api.model
    def _under_way(self, ignore=None, rows=None):
        """{item id: level id} of what rises by a notice that waits.

        Two statements of one table each: while PostgreSQL does not know yet how many lines and
        notices there are, as when it looked during the first large run, it would join them by
        reading all of one for each of the other.

        :param ignore: notices that do not count (None: all count)
        :param rows: only of these items (None: of all)
        """
        self.env["dunning.notice"].flush_model(["state"])
        self.env["dunning.notice.line"].flush_model()
        ignored = set(ignore.ids) if ignore else set()
        if rows is None:
            notices = self._waiting_notices(SQL("TRUE")) - ignored
            lines = self._rising_lines(SQL("notice_id = ANY(%s)", list(notices)))
        else:
            lines = self._rising_lines(SQL("move_line_id = ANY(%s)", [row.id for row in rows]))
            named = {notice_id for _item_id, _level_id, notice_id in lines} - ignored
            notices = named and self._waiting_notices(SQL("id = ANY(%s)", list(named)))
        return {item_id: level_id for item_id, level_id, notice_id in lines if notice_id in notices}

    def _waiting_notices(self, condition):
        query = SQL(
            "SELECT id FROM dunning_notice WHERE state IN ('proposed', 'issued') AND %s", condition
        )
        return {notice_id for (notice_id,) in self.env.execute_query(query)}

    def _rising_lines(self, condition):
        return self.env.execute_query(
            SQL(
                """SELECT move_line_id, level_id, notice_id FROM dunning_notice_line
                    WHERE live AND kind = 'rising' AND %s""",
                condition,
            )
        )
