"""What charges cost: drafting them with notices, and posting their invoices."""

from benchmarks.meter import Cost

CUSTOMERS = 200
# as many as leave in a chunk of deliveries
CHUNK = 25


class Charges:
    """Charges of some customers of a company, measured and taken back.

    :param bench: the ``benchmarks.run.Bench`` whose meter and table are used
    """

    def __init__(self, bench):
        self.bench = bench
        self.env = bench.env
        self.company = bench.company

    def measure(self):
        """{name of the figure: milliseconds}; the database is as before."""
        self.env.flush_all()
        with self.env.cr.savepoint(flush=False) as savepoint:
            self._switch_on()
            run = self.bench._run(partner_ids=self._customers())
            self._measured("propose to some", run.action_propose)
            notices = run.notice_ids
            drafting = self._measured("  of it: look at their charges", notices._draft_charges)
            lines = len(notices.charge_ids)
            posting, invoices = self._post(notices.charge_ids.sudo())
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        return {
            "charge_draft_ms_per_notice": round(1000 * drafting.work / len(notices), 3),
            "charge_post_ms_per_invoice": round(1000 * posting.work / invoices, 3),
            "charge_lines_per_invoice": round(lines / invoices, 2),
        }

    def _switch_on(self):
        """A law for everybody, and levels that charge what it allows."""
        law = {
            "code": "BENCH",
            "currency_id": self.company.currency_id.id,
            "name": "Benchmark",
            "valid_from": "2020-01-01",
            "source": "Made up",
            "interest_kind": "fixed",
            "interest_rate": 0.12,
            "charges_active": True,
            "charges_since": "2020-01-01",
        }
        band = {"kind": "fixed_sum", "amount_from": 0, "amount": 40}
        self.env["recovery.law"].create({**law, "band_ids": [(0, 0, band)]})
        policies = self.env["dunning.policy"].search([("company_id", "=", self.company.id)])
        policies.write({"charges": True, "charges_since": "2020-01-01"})
        policies.level_ids.write({"fee_type": "law", "charge_interest": True})

    def _customers(self):
        self.env.cr.execute(
            "SELECT DISTINCT partner_id FROM account_move_line"
            " WHERE company_id = %s AND amount_residual > 0 ORDER BY partner_id LIMIT %s",
            [self.company.id, CUSTOMERS],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _measured(self, name, act):
        self.env.flush_all()
        self.env.invalidate_all()
        with self.bench.meter.measured() as cost:
            act()
            self.env.flush_all()
        self.bench.rows.append((name, cost))
        return cost

    def _post(self, drafts):
        """(cost, number of invoices) of posting these drafts as deliveries do."""
        cost = Cost()
        notices = drafts.notice_id
        for start in range(0, len(notices), CHUNK):
            chunk = notices[start : start + CHUNK].charge_ids
            cost += self._measured("post a chunk", chunk._post_or_wait)
            self.bench.rows.pop()
        invoices = len(drafts.move_id)
        self.bench.rows.append((f"post {invoices} charge invoices", cost))
        return cost, invoices
