from odoo import http
from odoo.http import request

from .portal_base import RecoveryPortalBase, visitor_route


class RecoveryPortalAccount(RecoveryPortalBase, http.Controller):
    """Reading: the account, its documents and the statement."""

    @visitor_route("", methods=["GET"])
    def account(self, visitor, **_values):
        """What is owed, what happens next, and what can be done about it."""
        values = request.env["recovery.portal"]._page_values(visitor)
        return self._show_page(visitor, "portal_recovery", values)

    @visitor_route("/statement", methods=["GET"], login_only=True)
    def statement(self, visitor, since=None, **_values):
        """Every entry, with its balance."""
        statements = request.env["recovery.portal.statement"]
        first, today = statements._period(since)
        values = {
            **request.env["recovery.portal"]._common_values(visitor),
            "statements": statements._statements(visitor, first),
            "first": first,
            "today": today,
        }
        return self._show_page(visitor, "portal_recovery_statement", values)

    @visitor_route("/statement/pdf", methods=["POST"], login_only=True)
    def statement_pdf(self, visitor, since=None, **_values):
        """The statement to keep. A POST: it costs a process, so it is counted."""
        content = request.env["recovery.portal.statement"]._statement_pdf(visitor, since)
        return self._send_file(request.env._("Statement.pdf"), content)

    @visitor_route("/document/<int:move_id>", methods=["POST"])
    def document(self, visitor, move_id, **_values):
        """An invoice or a credit note to keep. A POST, as the statement."""
        found = request.env["recovery.portal"]._document_pdf(visitor, move_id)
        return self._send_file(*found) if found else self._refuse("document")
