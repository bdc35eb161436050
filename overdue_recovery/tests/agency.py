"""An agency on a loopback port, and referrals placed with it."""

import os
from unittest.mock import patch

from .common import RecoveryCommon

try:
    from dev.fakeagency import Agency, sign
except ImportError:  # the addon stands alone, without the project around it
    Agency = sign = None

CALLS_KEY, NEWS_KEY = "key for calls, never shown", "key for news, never shown"
SECRETS = {"RECOVERY_SECRET_TEST_CALLS": CALLS_KEY, "RECOVERY_SECRET_TEST_NEWS": NEWS_KEY}


class AgencyCommon(RecoveryCommon):
    """The company has one agency, ``self.agency``; ``self.desk`` is the machine behind it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.dict(os.environ, SECRETS))
        # the test suite compares the timeout with a number
        cls.startClassPatcher(patch("odoo.addons.overdue_recovery.tools.http_call.TIMEOUTS", 30))
        cls.desk = Agency(key=CALLS_KEY, secret=NEWS_KEY)
        cls.addClassCleanup(cls.desk.close)
        cls.agency = cls._create_agency()

    @classmethod
    def _create_agency(cls, **values):
        partner = cls.env["res.partner"].create({"name": "Fair Collections", "is_company": True})
        return cls.env["recovery.agency"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "date_reviewed_until": "2099-12-31",
                "connector": "rest",
                "rest_url": cls.desk.url,
                "secret_name": "test_calls",
                "event_secret_name": "test_news",
                **values,
            }
        )

    def setUp(self):
        super().setUp()
        self.desk.script = lambda _key, _times: {}
        self.desk.switches = set()
        self.desk.forget()

    def _referral(self, invoices=None, agency=None, **values):
        """A referral that was sent, whether or not it might be."""
        invoices = invoices or self._overdue_invoice(60, 400)
        values = {"agency_id": (agency or self.agency).id, **values}
        referral = self._refer(invoices, **values)
        for state in ("checked", "approved"):
            referral._set_state(state)
        referral.sudo()._place()
        referral._send_to_agency()
        return referral

    def _calls(self, referral):
        """The calls about a referral, the first one first."""
        return self.env["recovery.outbox"].search([("res_id", "=", referral.id)], order="id")

    def _send(self):
        """The job that calls."""
        self.env["recovery.outbox"]._cron_send()

    def _at_desk(self, referral):
        """What the agency wrote down about a referral."""
        return self.desk.referrals.get(referral.name, [])
