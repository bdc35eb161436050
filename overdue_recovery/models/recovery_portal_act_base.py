from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

from .dunning_message_batch import MessageFigures
from .recovery_portal_facts import decimal_of

MB = 1024 * 1024
#: What may be uploaded, by what the file is and not by what it is called.
FILE_TYPES = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WebP",
}
FILE_LIMIT = 10 * MB
FILE_COUNT = 5
NAME_LENGTH = 120


class FieldError(UserError):
    """A refusal that belongs to a field of a form: the page says it next to that field."""

    def __init__(self, field, text):
        super().__init__(text)
        self.field = field


class RecoveryPortalActBase(models.AbstractModel):
    """What every act of a customer has to do: look up what it names, bound what it says, log it.

    What comes in is text from outside, by nobody checked: ids are looked up among what the
    ``Visitor`` sees, amounts and days are read and bounded here.

    sudo, all over: a visitor has no rights on our tables; ``Visitor``, made after the check of who
    it is, is what limits it.
    """

    _name = "recovery.portal.act.base"
    _description = "Portal: what acts have in common"

    # -- what it names ---------------------------------------------------------------------

    @api.model
    def _act_items(self, visitor, ids):
        """The open items of these ids that the visitor sees, the oldest maturity first.

        :param ids: texts
        :raise FieldError: there are none, or not of one company and currency
        """
        ids = [int(text) for text in ids if str(text).isdecimal() and len(str(text)) < 10]
        items = self.env["account.move.line"].sudo().browse(dict.fromkeys(ids)).exists()
        items = items.filtered(
            lambda item: (
                visitor.sees(item.id, item.partner_id.id)
                and item.account_type == "asset_receivable"
                and item.parent_state == "posted"
                and item.amount_residual_currency > 0
            )
        )
        if not items:
            raise FieldError("item", self.env._("Choose at least one open item."))
        if len(items.company_id) > 1 or len(items.currency_id) > 1:
            text = self.env._("Choose items of one company and one currency.")
            raise FieldError("item", text)
        return items.sorted(lambda item: (item.date_maturity or item.date, item.id))

    def _check_not_arranged(self, items, earlier=None):
        """Refuse items that stand in another arrangement than the ``earlier`` ones."""
        claims = self.env["recovery.claim"].sudo()
        live = claims.search([("move_line_id", "in", items.ids), ("live", "=", True)])
        if earlier:
            live = live.filtered(lambda claim: claim.promise_id not in earlier)
        if live:
            raise FieldError(
                "item",
                self.env._("%s is part of another agreement with us already.", live[0].name),
            )

    @api.model
    def _act_document(self, visitor, move_id):
        """The document of this id, with something open of it, if it is one that the visitor sees.

        :raise FieldError: it is none
        """
        number = int(move_id) if str(move_id).isdecimal() and len(str(move_id)) < 10 else 0
        move = self.env["recovery.portal"]._document(visitor, number)
        if not (move.is_sale_document() and move._recovery_open_items()):
            raise FieldError("move", self.env._("Choose an open invoice."))
        return move

    @api.model
    def _act_company(self, visitor, company_id):
        """The company of this id that something is open in; the only one where it is not said.

        :raise FieldError: there is none
        """
        companies = self.env["recovery.portal"]._companies(visitor)
        found = companies.filtered(lambda company: str(company.id) == str(company_id))
        found = found or (companies if len(companies) == 1 else found)
        if not found:
            raise FieldError("company", self.env._("Choose whom it is about."))
        return found

    @api.model
    def _act_case(self, visitor, company):
        return visitor.debtor._recovery_case(company).sudo()

    # -- what it says ----------------------------------------------------------------------

    @api.model
    def _act_amount(self, text, currency, most, least=None):
        """An amount of money as a float.

        :param most: the most it may be, in the currency
        :param least: the least it may be; None: anything above nothing
        :raise FieldError: it is none, below, above, or finer than the currency
        """
        try:
            amount = float(decimal_of(text))
        except ValueError:
            amount = -1.0
        rounded = currency.round(amount)
        is_fine = abs(amount - rounded) < currency.rounding / 1000
        too_little = amount <= 0 if least is None else amount < least
        if too_little or not is_fine or currency.compare_amounts(amount, most) > 0:
            raise FieldError(
                "amount",
                self.env._(
                    "Enter an amount above zero, and no more than %s.", currency.format(most)
                ),
            )
        return rounded

    @api.model
    def _act_day(self, text, first, last=None):
        """A day as a date.

        :raise FieldError: it is none, before ``first``, or after ``last``
        """
        try:
            day = self.env["res.company"]._recovery_date(text)
        except UserError:
            day = None
        if not day or day < first or (last and day > last):
            raise FieldError("day", self.env._("Choose a day from today on, not too far away."))
        return day

    @api.model
    def _act_text(self, text, required=False):
        """What somebody wrote, as plain text.

        :raise FieldError: it is longer than a letter, or missing where something has to be said
        """
        try:
            text = self.env["recovery.request"]._checked_text(text)
        except UserError as error:
            raise FieldError("text", str(error)) from error
        if required and not text:
            raise FieldError("text", self.env._("Please write a few words."))
        return text

    @api.model
    def _act_files(self, files):
        """Attachments of what was uploaded: [(name, content)].

        :raise FieldError: too many, too large, empty, or of a kind that nobody should open
        """
        if len(files) > FILE_COUNT:
            raise FieldError("file", self.env._("At most %s files, please.", FILE_COUNT))
        values = [self._file_values(name, content) for name, content in files]
        return self.env["ir.attachment"].sudo().create(values)

    def _file_values(self, name, content):
        if not content or len(content) > FILE_LIMIT:
            raise FieldError(
                "file",
                self.env._("A file may have up to %s MB, and not nothing.", FILE_LIMIT // MB),
            )
        kind = guess_mimetype(content)
        if kind not in FILE_TYPES:
            kinds = ", ".join(FILE_TYPES.values())
            raise FieldError("file", self.env._("These files can be sent: %s.", kinds))
        name = name.replace("\\", "/").split("/")[-1]
        name = "".join(letter for letter in name if letter.isprintable())
        return {"name": name[-NAME_LENGTH:] or "file", "raw": content, "mimetype": kind}

    # -- why it is late --------------------------------------------------------------------

    @api.model
    def _act_reason(self, reason_id, sensitive=True):
        """The reason of lateness that was chosen; empty for "rather not say".

        :param sensitive: whether it may be one of health, family or living
        """
        number = int(reason_id) if str(reason_id).isdecimal() and len(str(reason_id)) < 10 else 0
        return self._act_reasons(sensitive).filtered(lambda reason: reason.id == number)

    @api.model
    def _act_reasons(self, sensitive=True):
        """The reasons that a customer may choose from."""
        reasons = self.env["recovery.late.reason"].sudo().search([("active", "=", True)])
        return reasons if sensitive else reasons.filtered(lambda reason: not reason.is_sensitive)

    # -- what is kept ----------------------------------------------------------------------

    @api.model
    def _log_act(self, visitor, case, text, reference="", **details):
        """One entry in the contact log: what the customer did, in a sentence."""
        self.env["recovery.interaction"].sudo()._log(
            [
                {
                    "case": case,
                    "direction": "in",
                    "channel": "portal",
                    "kind": "portal",
                    "outcome": "done",
                    "reference": reference,
                    "names": visitor.partner.display_name,
                    "text": text,
                    "details": {"way": "link" if visitor.link else "login", **details},
                }
            ]
        )

    @api.model
    def _act_request(self, visitor, case, kind, text, reason, **values):
        """Ask us, and say what the page says: received, who answers, by when, reminders paused."""
        request = self.env["recovery.request"]._ask(
            case,
            kind,
            text,
            author_id=visitor.partner.id,
            origin="link" if visitor.link else "portal",
            late_reason_id=reason.id,
            **values,
        )
        case._note_late_reason(reason)
        return request._received_sentence()

    def _day_in_words(self, day):
        return MessageFigures(self.env).day(day, "long")

    @contextmanager
    def _in_own_words(self, field=""):
        """What the inner rules refuse is said of a field of the form."""
        try:
            yield
        except FieldError:
            raise
        except UserError as error:
            raise FieldError(field, str(error)) from error
