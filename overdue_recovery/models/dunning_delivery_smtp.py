import logging
from email.message import EmailMessage
from functools import partial
from time import monotonic
from typing import NamedTuple

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.mail import email_split_and_format_normalize
from psycopg2 import OperationalError

from ..tools.smtp_truth import Truth, Witness, judge

_logger = logging.getLogger(__name__)

# Seconds after the last look at the ledger in which a message may leave.
WINDOW = 1.5


# What stands in ``handover`` after a message's turn; nothing: it was not taken.
STAGES = {"sent": "taken", "unknown": "begun"}


class Post(NamedTuple):
    """A message that is ready. ``way``: mail server and envelope sender, as core chose them;
    ``context``: in which core would send it."""

    delivery_id: int
    attempt: int
    message: EmailMessage
    way: tuple
    context: dict


class Line:
    """A connection to one mail server that is made anew after it broke."""

    def __init__(self, servers, server_id, smtp_from):
        self._connect = lambda: servers._connect__(mail_server_id=server_id, smtp_from=smtp_from)
        self._session = self._refusal = self.witness = None

    def session(self, before_dot):
        """The open session, with nothing of an earlier message in it. ``before_dot()`` says in
        the last moment whether the message may leave.

        :raise Exception: whatever core raises when it can't connect; it is not tried again, for
            each try may take a minute
        """
        if self._refusal:
            raise self._refusal
        if not self.witness:
            try:
                self._session = self._connect()
            except Exception as error:
                self._refusal = error
                raise
            self.witness = Witness(self._session)
        self.witness.next_message(before_dot)
        return self._session

    def clear(self):
        """After a message that was not taken: an empty session, or none."""
        try:
            if self.witness.is_stopped:
                # in the middle of a message: any word would become a part of it
                self._session.close()
            if getattr(self._session, "sock", None) is None:
                raise ConnectionError("closed")
            self._session.rset()
        except OSError:
            self.close()

    def close(self):
        """Say goodbye, if somebody still listens."""
        session, self._session, self.witness = self._session, None, None
        try:
            if session is not None:
                session.quit()
        except OSError:
            _logger.debug("The mail server had closed the connection", exc_info=True)


class DunningDeliverySmtp(models.AbstractModel):
    """The talk with the mail servers: one session for a chunk, one bad message stops no other,
    and at each verb it is known where we are.

    Core's own queue gives the rest of a batch up when a connection breaks, and takes a message
    for lost that was refused for the moment. So only its parts are used here: which server for
    which sender, the message it builds, its session, and ``ir.mail_server.send_email``.
    """

    _name = "dunning.delivery.smtp"
    _description = "Delivery: the talk with the mail server"

    def _build_messages(self, mails):
        """Let core build the messages of these deliveries' mails.

        :return: the list of ``Post``, and {delivery id: ``Truth``} of those that can't be built
        """
        deliveries = dict(zip(mails.ids, self, strict=True))
        posts, truths = [], {}
        for server_id, domain_id, smtp_from, mail_ids in mails._split_by_mail_configuration():
            server = self.env["ir.mail_server"].browse(server_id or [])
            for mail in mails.browse(mail_ids):
                delivery = deliveries[mail.id]
                try:
                    message, context = delivery._build_message(mail, server, domain_id)
                except OperationalError:
                    raise
                except Exception as error:
                    _logger.info("Delivery %s can't be built", delivery.id, exc_info=True)
                    truths[delivery.id] = Truth("failed", str(error) or type(error).__name__)
                else:
                    way = (server_id, smtp_from)
                    posts.append(Post(delivery.id, delivery.attempts, message, way, context))
        return posts, truths

    def _build_message(self, mail, server, domain_id):
        """The message of one mail, and the context in which core would send it."""
        emails = mail._prepare_outgoing_list(mail_server=server or mail.mail_server_id)
        if not emails:
            raise UserError(self.env._("%s has no e-mail address.", self.recipient_id.display_name))
        values = emails[0]
        context = {"send_validated_to": values["email_to_normalized"]}
        if domain_id:
            domain = self.env["mail.alias.domain"].sudo().browse(domain_id)
            context.update(
                domain_notifications_email=domain.default_from_email,
                domain_bounce_address=values["headers"].get("Return-Path") or domain.bounce_email,
            )
        senders = email_split_and_format_normalize(mail.email_from)
        message = (
            self.env["ir.mail_server"]
            .with_context(**context)
            ._build_email__(
                email_from=senders[0] if senders else mail.email_from,
                email_to=values["email_to"],
                subject=values["subject"],
                body=values["body"],
                body_alternative=values["body_alternative"],
                email_cc=values["email_cc"],
                reply_to=values["reply_to"],
                attachments=values["attachments"],
                message_id=values["message_id"],
                references=values["references"],
                object_id=values["object_id"],
                subtype="html",
                subtype_alternative="plain",
                headers=values["headers"],
            )
        )
        return message, context

    def _hand_to_servers(self, posts):
        """Send the messages, one by one.

        :return: {delivery id: ``Truth``}; a delivery that another process has taken over, or
            whose message is no longer true, has none
        """
        truths, lines, last = {}, {}, None
        with self.env["ir.cron"]._recovery_aside() as execute:
            try:
                for post in self._in_time(posts):
                    turn = partial(self._turn, execute, last, truths, post)
                    line = lines.setdefault(post.way, self._line(post))
                    truth = self._hand_to_server(line, post, turn)
                    if truth:
                        truths[post.delivery_id], last = truth, post
                self._turn(execute, last, truths)
            finally:
                for line in lines.values():
                    line.close()
        return truths

    def _line(self, post):
        """A connection, not made yet.

        sudo: the server's password is for the session only.
        """
        return Line(self.env["ir.mail_server"].sudo(), *post.way)

    def _hand_to_server(self, line, post, turn):
        """Send one message and judge what came of it; None when it was not its turn."""
        try:
            session = line.session(turn)
        except OperationalError:
            raise
        except Exception as error:
            _logger.info("No connection to the mail server", exc_info=True)
            return Truth("later", str(error))
        # who can't be watched is asked before the first word
        if not line.witness.can_see and not turn():
            return None
        servers = self.env["ir.mail_server"].with_context(**post.context)
        try:
            servers.send_email(post.message, mail_server_id=post.way[0], smtp_session=session)
        except OperationalError:
            raise
        except Exception as error:
            truth = judge(error, line.witness.dot_left)
            _logger.info("Delivery %s: %s", post.delivery_id, truth.outcome)
            is_stopped = line.witness.is_stopped
            line.clear()
            return None if is_stopped else self._in_words(truth)
        return Truth("sent")

    def _in_words(self, truth):
        """The truth with a reason that tells a person what is not known."""
        if truth.outcome != "unknown":
            return truth
        return truth._replace(
            reason=self.env._(
                "The connection broke before the mail server answered: it may have taken the "
                "message. (%s)",
                truth.reason,
            )
        )

    def _turn(self, execute, last, truths, post=None):
        """Write down, right before a message leaves with its final dot, that its turn has come,
        and what became of the one before: whatever kills this process, that is known afterwards.

        :return: whether the message may leave; not when this process was so slow that another
            one took the delivery over
        """
        stages = [(post.delivery_id, post.attempt, "begun")] if post else []
        if last:
            stage = STAGES.get(truths[last.delivery_id].outcome)
            stages.append((last.delivery_id, last.attempt, stage))
        if not stages:
            return False
        rows = execute(
            SQL(
                """
                UPDATE dunning_delivery delivery
                   SET handover = turn.stage::varchar, sending_since = %s
                  FROM (VALUES %s) AS turn (id, attempt, stage)
                 WHERE delivery.id = turn.id
                   AND delivery.attempts = turn.attempt
                   AND delivery.state = 'sending'
             RETURNING delivery.id
                """,
                fields.Datetime.now(),
                SQL(", ").join(stages),
            )
        )
        return bool(post) and (post.delivery_id,) in rows

    def _in_time(self, posts):
        """The messages one after the other; those that had to wait longer than ``WINDOW`` since
        the last look at the ledger only if they still say the truth."""
        looked, left_out = monotonic(), set()
        for place, post in enumerate(posts):
            if monotonic() - looked > WINDOW:
                waiting = self.browse(later.delivery_id for later in posts[place:])
                left_out |= waiting._look_again()
                looked = monotonic()
            if post.delivery_id not in left_out:
                yield post

    def _look_again(self):
        """Look at the ledger again for rendered messages that still wait.

        :return: the ids of those that may not leave as they are: cancelled, or queued again to be
            written anew
        """
        self.env["ir.cron"]._recovery_commit()
        waiting = self.filtered(lambda delivery: delivery.state == "sending")
        said = {notice: notice.line_ids for notice in waiting.notice_id}
        due = waiting._still_due()
        true = due.filtered(
            lambda delivery: delivery.notice_id.line_ids == said[delivery.notice_id]
        )
        (due - true)._set_state("queued", sending_since=False)
        for delivery in waiting - true:
            delivery._log_outcome(delivery.state)
        (waiting - true).mail_mail_id.sudo().unlink()
        self.env["ir.cron"]._recovery_commit()
        return set((self - true).ids)
