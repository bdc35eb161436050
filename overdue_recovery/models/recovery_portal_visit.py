import hmac
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class RecoveryPortalVisit(models.Model):
    """How often somebody did something on the portal lately: rows, so that all workers count
    together. Who it was is kept as a keyed digest only."""

    _name = "recovery.portal.visit"
    _description = "Portal: how often"

    key = fields.Char(required=True, readonly=True)
    purpose = fields.Char(required=True, readonly=True)
    slot = fields.Integer(required=True, readonly=True, help="Number of the stretch of time.")
    count = fields.Integer(required=True, readonly=True)
    date_expiry = fields.Datetime(required=True, readonly=True, index=True)

    _slot_unique = models.UniqueIndex("(key, purpose, slot)", "One row counts a stretch of time.")

    @api.model
    def _allow(self, key, purpose, limit, window=3600):
        """Count that ``key`` does ``purpose`` once more, and say whether it may.

        Two at once wait for each other: the second starts again and sees what the first did.

        :param key: who: any text (a link, a user, an address)
        :param limit: how often within ``window`` seconds
        """
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO recovery_portal_visit AS visit
                          (key, purpose, slot, count, date_expiry)
                   VALUES (%s, %s, %s, 1, %s)
              ON CONFLICT (key, purpose, slot) DO UPDATE SET count = visit.count + 1
                RETURNING count""",
                self._key(key),
                purpose,
                int(time.time() // window),
                fields.Datetime.now() + timedelta(seconds=window),
            )
        )
        self.invalidate_model()
        return rows[0][0] <= limit

    @api.model
    def _take_turns(self, key):
        """Let what happens for ``key`` at the same instant happen one after the other: the later
        one starts again and sees what the earlier did."""
        self._allow(key, "turn", limit=0)

    @api.model
    def _is_over(self, key, purpose, limit, window=3600):
        """Whether ``key`` has done ``purpose`` more than ``limit`` times, without counting."""
        domain = [
            ("key", "=", self._key(key)),
            ("purpose", "=", purpose),
            ("slot", "=", int(time.time() // window)),
            ("count", ">", limit),
        ]
        return bool(self.search_count(domain, limit=1))

    @api.model
    def _key(self, key):
        """sudo: the database's secret is nobody's to read."""
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        return hmac.new(secret.encode(), str(key).encode(), "sha256").hexdigest()

    @api.autovacuum
    def _gc_expired(self):
        """Those that are over."""
        self.search([("date_expiry", "<", fields.Datetime.now())], limit=10_000).unlink()
