import logging
import re
from functools import partial

from odoo import api, models
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tools import email_normalize, email_split, html2plaintext
from odoo.tools.mail import unfold_references
from psycopg2 import OperationalError

from ..calc import incoming_mail

_logger = logging.getLogger(__name__)

# More than a person writes; the rest of a message from outside is cut off.
LONGEST_TEXT = 20_000
LONGEST_HTML = 200_000
LONGEST_LINE = 500
# The newest references stand last; core looks at as many.
REFERENCES = 32
WORDS_OF_SUBJECT = 12


class RecoveryMail(models.AbstractModel):
    """What the mail gateway brings for cases: which one a mail belongs to, and what it is.

    ``mail.thread`` hands over here in three places (see there). Nothing may raise: core's
    gateway would give the mail up. What can't be logged right now, because another process
    writes to the same log, is logged again after the commit.

    sudo, all over: it is the gateway that brings the mail, for whomever.
    """

    _name = "recovery.mail"
    _description = "Recovery: incoming mail"

    # -- where it belongs --------------------------------------------------------------------

    @api.model
    def _case_answered(self, message_dict):
        """The case of the notice that this mail answers: it quotes its Message-ID, or it went to
        the catch-all address from the customer's own with the notice's number in its subject.

        Mail that is addressed to another alias is a forward, as core sees it, and is not ours.
        """
        delivery = self._delivery_quoted(message_dict)
        case = self._open_case(delivery.sudo().case_id)
        if not case and self._to_catchall(message_dict):
            case = self._cases_named(message_dict).filtered(
                lambda named: self._is_customers(named, message_dict)
            )[:1]
        return case if case and not self._other_aliases(message_dict) else case.browse()

    @api.model
    def _delivery_quoted(self, message_dict):
        """The newest of our messages whose Message-ID stands in the mail's references."""
        quoted = f"{message_dict.get('references') or ''} {message_dict.get('in_reply_to') or ''}"
        return self._delivery_of_ids(unfold_references(quoted)[-REFERENCES:])

    @api.model
    def _delivery_of_ids(self, message_ids):
        deliveries = self.env["dunning.delivery"].sudo()
        wanted = [_line(message_id) for message_id in message_ids]
        if not wanted:
            return deliveries
        return deliveries.search([("message_id", "in", wanted)], order="id desc", limit=1)

    @api.model
    def _find_cases(self, message, message_dict, routes):
        """Core's routes, those to a new case replaced by routes to the case that the mail is
        about. Cases are never made by mail: what belongs to none goes back to its sender."""
        found = []
        for model, thread_id, values, user_id, alias in routes or ():
            case_id = thread_id
            if model == "recovery.case" and not thread_id:
                case_id = self._safely(self._case_of_writer, message_dict, alias)
                if not case_id:
                    self._safely(self._refuse, message, message_dict, alias)
                    continue
            found.append((model, case_id, values, user_id, alias))
        return found

    @api.model
    def _case_of_writer(self, message_dict, alias):
        """Id of the case that a mail to our alias is about: of the notice that its subject names,
        the sender's own first, else of the sender; False for a stranger's."""
        named = self._cases_named(message_dict)
        own = named.filtered(lambda case: self._is_customers(case, message_dict))
        return (own[:1] or named[:1] or self._case_of_sender(message_dict, alias)).id

    @api.model
    def _cases_named(self, message_dict):
        words = re.findall(r"[\w/-]{4,32}", _line(message_dict.get("subject")))[:WORDS_OF_SUBJECT]
        notices = self.env["dunning.notice"].sudo().search([("name", "in", words)], limit=10)
        return self.env["recovery.case"].union(*map(self._open_case, notices.case_id))

    @api.model
    def _case_of_sender(self, message_dict, alias):
        """The newest case of whom this address belongs to, an open one first."""
        sender = email_normalize(message_dict.get("email_from") or "", strict=False)
        if not sender:
            return self.env["recovery.case"]
        partners = self.env["res.partner"].sudo().search([("email_normalized", "=", sender)])
        domain = Domain("partner_id", "in", partners._recovery_debtor().ids)
        companies = alias and alias.sudo().alias_domain_id.company_ids
        if companies:
            domain &= Domain("company_id", "in", companies.ids)
        cases = self.env["recovery.case"].sudo().search(domain, order="id desc")
        return (cases.filtered(lambda case: not case.date_closed) or cases)[:1]

    @api.model
    def _open_case(self, case):
        """This case, or the customer's open one where it is closed by now."""
        case = case.sudo()
        if not case.date_closed:
            return case
        open_ids = case._open_ids(case.company_id, case.partner_id)
        return case.browse(open_ids.get(case.partner_id.id, case.id))

    @api.model
    def _other_aliases(self, message_dict):
        """Aliases of other models that the mail is addressed to."""
        addresses = _addresses(message_dict.get("to"))
        local = Domain("alias_incoming_local", "=", True) & Domain(
            "alias_name", "in", [address.partition("@")[0] for address in addresses]
        )
        full = Domain("alias_full_name", "in", addresses)
        others = Domain("alias_model_id.model", "!=", "recovery.case")
        return self.env["mail.alias"].sudo().search(others & (full | local), limit=1)

    @api.model
    def _to_catchall(self, message_dict):
        domains = self.env["mail.alias.domain"].sudo()
        catchalls = domains.search([("catchall_alias", "!=", False)]).mapped("catchall_email")
        return not set(catchalls).isdisjoint(_addresses(message_dict.get("to")))

    @api.model
    def _refuse(self, message, message_dict, alias):
        """Tell a stranger that this mail was not accepted and where to write instead (core's
        answer of the alias). No answer to programs, nor to our own addresses: that never ends."""
        sender = email_normalize(message_dict.get("email_from") or "", strict=False)
        own = self.env["mail.alias.domain"].sudo()._find_aliases([sender])
        if alias and sender and not own and not incoming_mail.is_automatic(message):
            alias.sudo()._alias_bounce_incoming_email(message, message_dict, set_invalid=False)

    # -- what it is --------------------------------------------------------------------------

    @api.model
    def _receive(self, message, message_dict, routes):
        """Log the mails that go to a case.

        :return: the routes that core goes on with: the mail is shown in the case's chatter,
            except for automatic answers, which are logged and nothing else
        """
        kept = []
        for route in routes or ():
            model, case_id, *_rest = route
            automatic = False
            if model == "recovery.case" and case_id and not self._is_colleague(message_dict):
                automatic = incoming_mail.is_automatic(message)
                self._safely(self._clean_message, message_dict, case_id)
                self._log_mail(message_dict, case_id, automatic)
            if not automatic:
                kept.append(route)
        return kept

    @api.model
    def _log_mail(self, message_dict, case_id, automatic, **changes):
        entry = self._safely(self._entry, message_dict, case_id, automatic)
        if entry:
            entry.update(changes)
            known = entry["outcome"] == "received"
            ours = bool(entry["reference"] or message_dict.get("parent_id"))
            self._safely(self._record, case_id, entry, known or ours, again=True)

    @api.model
    def _record(self, case_id, entry, believed):
        """Log an entry; a person's reply wakes the owner. Demands wait for an answer if the sender
        is to be believed: it has one of the customer's addresses, or a message of ours."""
        case = self.env["recovery.case"].sudo().browse(case_id)
        if entry["outcome"].startswith("received"):
            case._reply_received(entry, pause=believed)
        else:
            self.env["recovery.interaction"].sudo()._log([{"case": case, **entry}])

    @api.model
    def _entry(self, message_dict, case_id, automatic):
        """The entry of the log for an incoming mail; its reference is the notice whose Message-ID
        it quotes."""
        case = self.env["recovery.case"].sudo().browse(case_id)
        known = self._is_customers(case, message_dict)
        return {
            "direction": "in",
            "channel": "email",
            "kind": "reply",
            "outcome": "automatic" if automatic else "received" if known else "received_other",
            "reference": self._delivery_quoted(message_dict).notice_id.name or "",
            "names": _line(message_dict.get("email_from")),
            "address": _sender(message_dict),
            "subject": _line(message_dict.get("subject")),
            "text": _text(message_dict.get("body")),
            "details": {
                "message_id": _line(message_dict.get("message_id")),
                "attachments": [
                    _line(attachment[0]) for attachment in message_dict.get("attachments") or ()
                ][:20],
            },
        }

    @api.model
    def _is_customers(self, case, message_dict):
        """Whether the sender's address is one that we know of this customer."""
        sender = _sender(message_dict)
        if not sender:
            return False
        if sender in case.sudo().notice_ids.delivery_ids.mapped("address"):
            return True
        partners = self.env["res.partner"].sudo().search([("email_normalized", "=", sender)])
        return case.partner_id in partners._recovery_debtor()

    @api.model
    def _is_colleague(self, message_dict):
        """Whether an internal user wrote: what core makes of a colleague's mail is right."""
        author = self.env["res.partner"].sudo().browse(message_dict.get("author_id") or ())
        return bool(author.user_ids) and not author.partner_share

    @api.model
    def _clean_message(self, message_dict, case_id):
        """Make a message from outside one that core can post: one line of subject, a body of
        bounded length, and no parent in another conversation."""
        for name in ("subject", "email_from"):
            if message_dict.get(name):
                message_dict[name] = _line(message_dict[name])
        body = message_dict.get("body") or ""
        message_dict["body"] = type(body)(str(body)[:LONGEST_HTML].replace("\0", ""))
        parent = self.env["mail.message"].sudo().browse(message_dict.get("parent_id") or ())
        if (parent.model, parent.res_id) != ("recovery.case", case_id):
            message_dict.pop("parent_id", None)
            message_dict.pop("is_internal", None)

    # -- reports of mail servers -------------------------------------------------------------

    @api.model
    def _take_report(self, message, message_dict):
        """Learn what a mail server or an answering program says of one of our messages.

        :return: whether that was all: of a failure core learns too
        """
        delivery = self._safely(self._delivery_reported, message, message_dict)
        if not delivery:
            return False
        report = incoming_mail.report(message)
        if report and report.kind == "failed":
            text = _line(report.text)
            self._safely(self._came_back, delivery.id, text, report.hard, again=True)
            return False
        changes = {}
        if report and report.kind == "delayed":
            changes = {"kind": "outcome", "outcome": "delayed", "refers_to": delivery.log_sequence}
        self._log_mail(message_dict, delivery.case_id.id, True, **changes)
        return True

    @api.model
    def _delivery_reported(self, message, message_dict):
        found = self._delivery_of_ids(message_dict.get("bounced_msg_ids") or ())
        found = found or self._delivery_quoted(message_dict)
        return found or self._delivery_of_ids(incoming_mail.quoted_ids(message))

    @api.model
    def _came_back(self, delivery_id, text, hard):
        self.env["dunning.delivery"].sudo().browse(delivery_id)._on_bounce(text, hard=hard)

    # -- nothing is lost ---------------------------------------------------------------------

    @api.model
    def _safely(self, step, *args, again=False):
        """Do a step; when it fails nothing of it stays, and the mail goes on without it.

        :param again: do it after the commit when another process was in the way
        :return: what the step returns; None when it failed
        """
        try:
            with self.env.cr.savepoint():
                return step(*args)
        except Exception as error:
            if again and isinstance(error, OperationalError):
                self.env.cr.postcommit.add(partial(self._again, step.__name__, args))
            else:
                _logger.exception("An incoming mail was not understood")
        return None

    @api.model
    def _again(self, name, args):
        """Do a step once more in a transaction of its own: another process was in the way."""
        try:
            with self.pool.cursor() as cr:
                env = self.env(cr=cr)
                retrying(partial(getattr(env["recovery.mail"], name), *args), env)
        except Exception:
            _logger.exception("An incoming mail was not logged")


def _line(text):
    """Text from outside in one line of bounded length: nothing that could become a header."""
    return " ".join(str(text or "").replace("\0", "").split())[:LONGEST_LINE]


def _addresses(text):
    return [address.lower() for address in email_split(text or "")]


def _sender(message_dict):
    return email_normalize(message_dict.get("email_from") or "", strict=False) or ""


def _text(body):
    """The words of an HTML body, without tags and scripts."""
    try:
        text = html2plaintext(str(body or "")[:LONGEST_HTML], include_references=False)
    except (ValueError, TypeError, AttributeError, AssertionError, SyntaxError):
        text = re.sub(r"<[^>]*>", " ", str(body or "")[:LONGEST_HTML])
    return text.strip()[:LONGEST_TEXT]
