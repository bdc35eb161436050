import logging
import re
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

ACCEPTED = {"process", "pending", "sent"}
# The account has to be filled or set up by a person; then it works.
ACCOUNT = {"sms_credit", "sms_acc"}
PAUSE_FOR_CREDIT = timedelta(hours=4)
# The provider never delivers to this number.
NUMBER = {"sms_number_missing", "sms_number_format", "sms_country_not_supported"}
TRIES = 3


class TextResult(NamedTuple):
    """What the provider said of one text; ``state`` False when it said nothing."""

    state: str
    failure_type: str


class DunningDelivery(models.Model):
    """The SMS channel: one ``sms.sms`` a delivery, the truth read from what core learned.

    Core's composer drops a second text to the same number of a batch, whatever it says, so it is
    not used. A text is committed as "sending" before the provider is talked to, and core's own
    queue never sees it: a process that dies leaves a trace and never a second text.
    """

    _inherit = "dunning.delivery"

    sms_text = fields.Text(
        string="Text message", readonly=True, help="As sent, but for the secret in its link."
    )

    # -- write -------------------------------------------------------------------------------

    def _render(self):
        texts = self.filtered(lambda delivery: delivery.channel == "sms")
        others = self - texts
        done = texts._render_texts()
        done |= super(DunningDelivery, others)._render() if others else others
        return self & done

    def _render_texts(self):
        """Fill the text of these SMS deliveries; one that can't be written fails alone."""
        written = self.browse()
        for (template, lang), chosen in self.grouped(_kind_of_text).items():
            for delivery, text in chosen._texts_by(template, lang).items():
                if isinstance(text, Exception):
                    delivery._fail(str(text))
                    continue
                delivery.write({"subject": False, "sms_text": text, "body": plaintext2html(text)})
                written |= delivery
        return written

    def _texts_by(self, template, lang):
        """{delivery: its text, or the exception that it raised}."""
        try:
            with self.env.cr.savepoint():
                return self._render_with(template, lang)
        except OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                return {self: error}
        texts = {}
        for delivery in self:
            texts.update(delivery._texts_by(template, lang))
        return texts

    def _render_with(self, template, lang):
        if not template:
            name = self.notice_id.level_id[:1].name or ""
            raise UserError(self.env._("Level “%s” has no text for SMS.", name))
        # figures come by SQL at hand-over: nothing that was computed earlier may be said
        self.notice_id.invalidate_recordset()
        translated = template.with_context(lang=lang)
        bodies = translated._render_field("body", self.notice_id.ids)
        return {
            delivery: delivery.notice_id._text_with_address(bodies[delivery.notice_id.id])
            for delivery in self
        }

    # -- send --------------------------------------------------------------------------------

    def _send_sms(self):
        """Hand these texts to the provider, each company's account by itself."""
        for company, deliveries in self.grouped("company_id").items():
            deliveries.with_company(company)._send_texts()

    def _send_texts(self):
        texts = self._create_texts()
        self.env["ir.cron"]._recovery_commit()
        results = dict.fromkeys(self.ids, TextResult("", ""))
        try:
            texts._send(unlink_failed=False, unlink_sent=False, raise_exception=True)
        except OperationalError:
            raise
        except Exception:
            # nobody knows whether the provider has them: it is not asked a second time
            _logger.info("No answer from the SMS provider for %s texts", len(self), exc_info=True)
        else:
            by_uuid = {text.uuid: text for text in texts}
            for delivery in self:
                text = by_uuid[delivery.message_id]
                results[delivery.id] = TextResult(text.state, text.failure_type or "")
        self._save_text_results(results, texts.ids)

    def _create_texts(self):
        """The ``sms.sms`` of these deliveries, in a state that core's queue does not look at.

        A text that is tried again keeps its identifier, so that a provider can recognise it.
        """
        for delivery in self:
            known = re.fullmatch(r"[0-9a-f]{32}", delivery.message_id or "")
            delivery.write(
                {
                    "message_id": delivery.message_id if known else uuid4().hex,
                    "attempts": delivery.attempts + 1,
                    "next_try": False,
                }
            )
        uuids = self.mapped("message_id")
        texts = self.env["sms.sms"].sudo()
        texts.search([("uuid", "in", uuids)]).unlink()
        trackers = self.env["sms.tracker"].sudo()
        tracked = trackers.search([("sms_uuid", "in", uuids)]).mapped("sms_uuid")
        trackers.create([{"sms_uuid": uuid} for uuid in uuids if uuid not in tracked])
        bodies = self._with_links({delivery.id: delivery.sms_text for delivery in self})
        return texts.create(
            [
                {
                    "uuid": delivery.message_id,
                    "number": delivery.address,
                    "body": bodies[delivery.id],
                    "partner_id": delivery.recipient_id.id,
                    "state": "process",
                }
                for delivery in self
            ]
        )

    def _save_text_results(self, results, text_ids):
        """Write what became of texts that have left; another process that wrote to the same case
        meanwhile is no reason to lose it: in a fresh transaction it is written again."""
        for attempt in range(TRIES):
            try:
                for delivery in self:
                    delivery._take_text_result(results[delivery.id])
                # the delivery is the record: no text is left that a person could send again
                self.env["sms.sms"].sudo().browse(text_ids).exists().unlink()
                self.env["ir.cron"]._recovery_commit()
                return
            except OperationalError:
                if attempt == TRIES - 1:
                    raise
                self.env.cr.rollback()

    def _take_text_result(self, result):
        """Turn what the provider said of this one text into its state."""
        if result.state in ACCEPTED:
            self._handed_over()
        elif not result.state:
            self._nobody_knows(self.env._("The SMS provider gave no answer."))
        elif result.failure_type in ACCOUNT:
            self._wait_for_credit(self._failure_text(result.failure_type))
        elif result.failure_type == "sms_server":
            self._try_later(self._failure_text(result.failure_type))
        else:
            if result.failure_type in NUMBER:
                self.recipient_id._recovery_address_died(self.channel, self.address)
            self._fail(self._failure_text(result.failure_type))

    def _failure_text(self, failure_type):
        field = self.env["sms.sms"]._fields["failure_type"]
        labels = dict(field._description_selection(self.env))
        return self.env._("SMS: %s", labels.get(failure_type, failure_type or "?"))

    # -- credit ------------------------------------------------------------------------------

    def _wait_for_credit(self, reason):
        """Nothing has left and nothing is wrong with the customer: wait for a person to fill the
        account. It is no try that counts."""
        self._set_state(
            "queued",
            next_try=fields.Datetime.now() + PAUSE_FOR_CREDIT,
            attempts=max(self.attempts - 1, 0),
            sending_since=False,
            reason=reason,
        )
        self._log_outcome("queued")
        self._ask_for_credit(reason)

    def _ask_for_credit(self, reason):
        """One open task for a manager, however many texts wait."""
        kind = self.env.ref("overdue_recovery_sms.mail_activity_type_credit")
        tasks = self.env["mail.activity"].sudo()
        if tasks.search_count([("activity_type_id", "=", kind.id)], limit=1):
            return
        manager = self.company_id._recovery_manager().id or SUPERUSER_ID
        tasks.create(
            {
                "activity_type_id": kind.id,
                "summary": self.env._("Buy SMS credits: reminders wait"),
                "note": reason,
                "date_deadline": self.company_id._recovery_today(),
                "user_id": manager,
            }
        )


def _kind_of_text(delivery):
    """(template, language) of a text: what is rendered together."""
    notice = delivery.notice_id
    installed = {code for code, _name in delivery.env["res.lang"].get_installed()}
    lang = delivery.lang if delivery.lang in installed else notice.message_lang
    return notice.level_id._text_for(notice.partner_id), lang
