import hmac
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

MINUTES = 10
TRIES = 5
DIGITS = 6


class RecoveryLinkCode(models.Model):
    """A one-time code for who signs by a link: it shows that the notice's address is theirs.

    Six digits by e-mail to the address that the notice went to, good for ten minutes and five
    tries, once. What is kept is bound to the database's secret: nobody reads it back from a copy
    of this table.
    """

    _name = "recovery.link.code"
    _description = "One-Time Code of a Link"
    _order = "id desc"
    _rec_name = "link_id"

    link_id = fields.Many2one(
        "recovery.link", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="link_id.company_id", store=True, index=True)
    digest = fields.Char(required=True, readonly=True)
    date_expiry = fields.Datetime(required=True, readonly=True, index=True)
    tries = fields.Integer(readonly=True, help="Made so far.")

    @api.model
    def _send_code(self, link):
        """Send a new code to the address that the notice of ``link`` went to; earlier ones are
        worth nothing any more.

        sudo: who opened the link has no rights of their own.

        :return: the address, all but its first letter and its server hidden
        :raise UserError: the notice went by no e-mail, so there is no address to send it to
        """
        link = link.sudo()
        delivery = link.delivery_id
        if not delivery._takes_code():
            raise UserError(self.env._("A code can only be sent to an e-mail address."))
        codes = self.sudo()
        codes.search([("link_id", "=", link.id)]).unlink()
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        codes.create(
            {
                "link_id": link.id,
                "digest": self._digest(link, code),
                "date_expiry": fields.Datetime.now() + timedelta(minutes=MINUTES),
            }
        )
        self._mail_code(delivery, code)
        return _hidden(delivery.address)

    @api.model
    def _check_code(self, link, code):
        """Whether ``code`` is the one that was sent for ``link``: then it is used up. A wrong one
        costs a try, counted by the database, so that no two tries at once count as one."""
        link = link.sudo()
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """UPDATE recovery_link_code SET tries = COALESCE(tries, 0) + 1
                    WHERE link_id = %s AND COALESCE(tries, 0) < %s AND date_expiry >= %s
                RETURNING id, digest""",
                link.id,
                TRIES,
                fields.Datetime.now(),
            )
        )
        self.invalidate_model(["tries"])
        given = self._digest(link, "".join(code.split()) if isinstance(code, str) else "")
        right = [row_id for row_id, digest in rows if hmac.compare_digest(digest, given)]
        self.sudo().browse(right).unlink()
        return bool(right)

    @api.model
    def _digest(self, link, code):
        """sudo: the database's secret is nobody's to read."""
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        text = f"recovery.link.code:{link.id}:{code}"
        return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()

    @api.model
    def _mail_code(self, delivery, code):
        """Queue the message; it leaves right after the commit."""
        company = delivery.company_id
        lines = [
            self.env._("Your code is %s.", code),
            self.env._(
                "Enter it on the page that asks for it, within %s minutes. If you have not asked "
                "for it, there is nothing to do.",
                MINUTES,
            ),
        ]
        mail = (
            self.env["mail.mail"]
            .sudo()
            .create(
                {
                    "subject": self.env._("Your code for %s", company.name),
                    "body_html": "".join(f"<p>{line}</p>" for line in map(str, lines)),
                    "email_to": delivery.address,
                    "email_from": company.email_formatted or self.env.user.email_formatted,
                    "auto_delete": True,
                }
            )
        )
        self._log_code(delivery, mail)
        mail.send_after_commit()

    @api.model
    def _log_code(self, delivery, mail):
        """That a code was sent, never which one. sudo: the log is written by everybody."""
        entry = {
            "case": delivery.case_id,
            "direction": "out",
            "channel": "email",
            "kind": "code",
            "purpose": "answer",
            "outcome": "queued",
            "reference": delivery.notice_id.name or "",
            "names": delivery.recipient_id.complete_name or "",
            "address": delivery.address,
            "subject": mail.subject,
            "details": {"message_id": mail.message_id},
        }
        self.env["recovery.interaction"].sudo()._log([entry])

    @api.autovacuum
    def _gc_expired(self):
        """Those that are over."""
        self.search([("date_expiry", "<", fields.Datetime.now())], limit=10_000).unlink()


def _hidden(address):
    """``j***@customer.example``"""
    name, _at, server = address.partition("@")
    return f"{name[:1]}***@{server}"
