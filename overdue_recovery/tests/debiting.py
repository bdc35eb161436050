from contextlib import contextmanager
from unittest.mock import patch

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common import RecoveryCommon


class DebitingCommon(RecoveryCommon, AccountPaymentCommon):
    """A customer with a saved card, and a provider that answers as the test says."""

    def setUp(self):
        super().setUp()
        self.card = self._saved_card(self.partner_a, self.dummy_provider)
        self.calls = []

    @contextmanager
    def _provider(self, answer):
        """A provider that answers each request so: a state, nothing, or an error that breaks it
        off."""

        def send(tx):
            self.calls.append(tx)
            if isinstance(answer, Exception):
                raise answer
            if answer == "done":
                tx._set_done()
            elif answer == "pending":
                tx._set_pending()
            elif answer == "error":
                tx._set_error("Not enough on the account.")

        transactions = type(self.env["payment.transaction"])
        with patch.object(transactions, "_send_payment_request", send):
            yield

    def _daily(self, day, answer="done"):
        with self.on(day), self._provider(answer), self.mock_mail_gateway():
            self.env["recovery.autopay"]._cron_autopay()
            self.env["recovery.case"]._recompute_dirty()
        self.env.invalidate_all()
        return self._new_mails

    def _settle(self):
        """The ledger learns of what the provider took."""
        self.calls[-1]._post_process()
        self.env["recovery.case"]._recompute_dirty()
