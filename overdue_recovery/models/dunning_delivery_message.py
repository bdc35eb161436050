import logging

from odoo import fields, models
from odoo.tools import SQL
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

# When anything that a message is written from was last changed.
_LAST_CHANGE = SQL(
    """
    GREATEST(
          (SELECT MAX(person.write_date) FROM res_partner person
            WHERE person.id IN (delivery.recipient_id, notice.partner_id)),
          (SELECT GREATEST(level.write_date, policy.write_date,
                           template.write_date)
             FROM dunning_level level
             JOIN dunning_policy policy ON policy.id = level.policy_id
        LEFT JOIN mail_template template ON template.id = level.mail_template_id
            WHERE level.id = notice.level_id),
          (SELECT GREATEST(company.write_date, sender.write_date)
             FROM res_company company
             JOIN res_partner sender ON sender.id = company.partner_id
            WHERE company.id = notice.company_id),
          -- one of them signs
          (SELECT MAX(GREATEST(colleague.write_date, person.write_date))
             FROM res_users colleague
             JOIN res_partner person ON person.id = colleague.partner_id
            WHERE NOT colleague.share),
          (SELECT MAX(bank.write_date)
             FROM res_company company
             JOIN res_partner_bank bank ON bank.partner_id = company.partner_id
            WHERE company.id = notice.company_id),
          (SELECT MAX(GREATEST(move.write_date, customer.write_date))
             FROM dunning_notice_line line
             JOIN account_move_line item ON item.id = line.move_line_id
             JOIN account_move move ON move.id = item.move_id
        LEFT JOIN res_partner customer ON customer.id = item.partner_id
            WHERE line.notice_id = notice.id))
    """
)


class DunningDeliveryMessage(models.AbstractModel):
    """The message of a delivery: written ahead, many at a time, and once more right before it
    leaves where anything it says has changed since.

    A template is read, checked and compiled once a batch and language, so a large batch costs a
    tenth of what small ones do. What was written ahead is only ever sent on the day it was
    written for, and when the second look at ledger and holds finds nothing new.
    """

    _name = "dunning.delivery.message"
    _description = "Delivery: its message"

    prepared_at = fields.Datetime(
        readonly=True, help="When the message was written; empty: it will be written anew."
    )

    # -- ahead -----------------------------------------------------------------------------

    def _prepare_ahead(self):
        """Write the messages of those of these deliveries that wait for one: a number of
        statements that does not depend on how many they are. The caller commits.

        Whatever goes wrong here is left for the moment of sending, which knows what to do.
        """
        waiting = self.try_lock_for_update().filtered(lambda d: d._can_be_written_ahead())
        waiting = waiting.filtered(lambda d: not d.prepared_at or not d._is_of_today())
        try:
            with self.env.cr.savepoint():
                waiting._bring_up_to_date()._write_messages()
        except OperationalError:
            raise
        except Exception:
            _logger.info("Writing %s messages ahead failed", len(waiting), exc_info=True)

    def _can_be_written_ahead(self):
        """Only e-mails, and not those that say whether invoices are attached: their documents are
        made with their chunk."""
        notice = self.notice_id
        return (
            self.channel == "email"
            and self.state == "queued"
            and notice.state == "issued"
            and not notice.level_id.attach_invoices
        )

    def _bring_up_to_date(self):
        """Those of these deliveries whose notices are still due, dated today."""
        past = self.filtered(lambda delivery: not delivery._is_of_today())
        past.notice_id._recheck()
        alive = self.filtered(lambda delivery: delivery.notice_id.state == "issued")
        # dates and messages are written from the same lines, read once
        alive = alive.with_env(alive.notice_id._together().env)
        alive._freeze_notices()
        return alive

    def _is_of_today(self):
        return self.notice_id.date == self.company_id._recovery_today()

    def _freeze_notices(self):
        """Write the day on those of these deliveries' notices of which nothing has left yet."""
        for company, notices in self.notice_id.grouped("company_id").items():
            issued = notices.filtered(lambda notice: notice.state == "issued")
            issued._freeze(company._recovery_today())

    # -- right before it leaves ------------------------------------------------------------

    def _render(self):
        """Write the messages that are not written yet. One that can't be written fails alone.

        :return: the deliveries that may leave
        """
        broken = self.filtered(lambda d: d.channel != "call" and not d.prepared_at)
        errors = broken._write_messages()
        for delivery, error in errors.items():
            delivery._fail(str(error))
        return self.filtered(lambda delivery: delivery not in errors)

    def _forget_stale(self):
        """Let go of the messages written ahead that may say something else by now."""
        prepared = self.filtered("prepared_at")
        stale = prepared - prepared._unchanged().filtered(lambda d: d._is_of_today())
        stale._forget_messages()

    def _forget_messages(self):
        """What these deliveries say has changed: their messages are written anew."""
        self.filtered("prepared_at").prepared_at = False

    def _unchanged(self):
        """Those of these deliveries whose message nobody has touched: template, policy, company,
        colleagues, bank accounts, persons and documents are older than it. Lines, notes and levels
        of the notice itself, and who owns its case, clear ``prepared_at`` where they are written.
        """
        if not self:
            return self
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT delivery.id
                  FROM dunning_delivery delivery
                  JOIN dunning_notice notice ON notice.id = delivery.notice_id
                 WHERE delivery.id IN %s
                   AND notice.id IN %s
                   AND delivery.prepared_at > %s
                """,
                tuple(self.ids),
                # else the planner may read all notices there are
                tuple(self.notice_id.ids),
                _LAST_CHANGE,
            )
        )
        return self.browse(row[0] for row in rows)

    # -- writing ---------------------------------------------------------------------------

    def _write_messages(self):
        """Write subject and body of these deliveries, each in its recipient's language.

        :return: {delivery: the error} for those whose message can't be written
        """
        messages, errors = {}, {}
        notices = self.notice_id._together()
        for lang, deliveries in self.grouped("lang").items():
            chosen = notices.browse(deliveries.notice_id.ids).with_context(recovery_lang=lang)
            rendered = chosen._render_messages()
            for delivery in deliveries:
                message = rendered[delivery.notice_id.id]
                if isinstance(message, Exception):
                    errors[delivery] = message
                else:
                    messages[delivery.id] = message
        self._store_messages(messages)
        return errors

    def _store_messages(self, messages):
        """Store {delivery id: (subject, body)}."""
        now = self.env.cr.now()
        self._store(
            ["subject", "body", "prepared_at"],
            [(key, subject, str(body), now) for key, (subject, body) in messages.items()],
        )

    def _store(self, names, rows):
        """Store the fields ``names`` of some of these deliveries in one statement, without what the
        ORM does for each record.

        :param rows: ``[(delivery id, value of each name), …]``, as the database keeps them
        """
        if not rows:
            return
        self.flush_recordset()
        columns = SQL(", ").join(map(SQL.identifier, names))
        casts = [
            SQL("%s = given.%s::%s", column, column, SQL(self._fields[name].column_type[1]))
            for name, column in ((name, SQL.identifier(name)) for name in names)
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE dunning_delivery SET %s FROM (VALUES %s) AS given (id, %s)"
                " WHERE dunning_delivery.id = given.id",
                SQL(", ").join(casts),
                SQL(", ").join(rows),
                columns,
            )
        )
        self.invalidate_recordset(names, flush=False)
