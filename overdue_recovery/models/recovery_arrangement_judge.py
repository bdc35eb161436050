import logging

from odoo import api, models
from odoo.fields import Domain
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class RecoveryArrangementJudge(models.AbstractModel):
    """What has become of arrangements: read from the ledger, daily and whenever money moved.

    Seams: ``_judged_daily`` and ``_judged_on_money`` are the states that the day, or money, may
    end; ``_findings()`` reads what decides many records at a time, ``_has_news()`` tells whether it
    says anything new of one, and ``_judge_one()`` draws the consequences.
    """

    _name = "recovery.arrangement.judge"
    _description = "Arrangement: what has become of it"

    _judged_daily = ()
    _judged_on_money = ()

    @api.model
    def _judge_all(self):
        """Judge what the day decides. Those that are judged already are judged again only when a
        match of theirs is undone.

        sudo: nobody watches this job, and it looks after every company.
        """
        self.sudo().search([("state", "in", self._judged_daily)])._judge()

    @api.model
    def _judge_customers(self, pairs):
        """Judge what was agreed with these {(partner id, company id)}: their money moved.

        sudo: it is the ledger that decides, whoever wrote in it.
        """
        if not pairs:
            return
        partners, companies = map(set, zip(*pairs, strict=True))
        domain = (
            Domain("partner_id", "in", list(partners))
            & Domain("company_id", "in", list(companies))
            & Domain("state", "in", self._judged_on_money)
        )
        self.sudo().search(domain)._judge()

    def _judge(self):
        """Judge each for itself: one that raises stops no other, is told to its owner, and is
        tried again the next day. Those of which nothing is new cost a few statements together."""
        findings = self._findings()
        for record in self.filtered(lambda record: record._has_news(findings[record])):
            try:
                with self.env.cr.savepoint():
                    record.with_company(record.company_id)._judge_one(findings[record])
            except OperationalError:
                raise
            except Exception as error:
                _logger.warning("%s %s could not be judged: %s", self._name, record.id, error)
                record.invalidate_recordset()
                summary = self.env._("%s could not be judged", record.name)
                kind = self.env.ref("mail.mail_activity_data_todo")
                record._tell_owner(kind, summary, str(error))

    def _findings(self):
        """Seam: {record: what decides it}, in a constant number of statements."""
        return dict.fromkeys(self)

    def _has_news(self, _found):
        """Seam: whether the ledger or the day says something else than the record."""
        return False

    def _judge_one(self, _found):
        """Seam: move this record to where the ledger and the day say that it is."""
