from odoo import api, fields, models

from .dunning_message_batch import MessageFigures

ANSWER = "overdue_recovery.mail_template_request_answer"


class RecoveryRequestMessage(models.AbstractModel):
    """What the customer reads as the answer, in its own language, and what the log says."""

    _name = "recovery.request.message"
    _description = "Request: messages"

    kind_text = fields.Char(compute="_compute_kind_text", string="What it is")

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_kind_text(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for request in self:
            request.kind_text = labels.get(request.kind, "")

    def _received_sentence(self):
        """What the customer reads as soon as it has asked."""
        self.ensure_one()
        return self.env._(
            "Thank you, we have received it: %(kind)s. %(company)s answers by %(date)s. Until then "
            "no reminder goes out.",
            kind=self.kind_text,
            company=self.company_id.name,
            date=MessageFigures(self.env).day(self.deadline, "long"),
        )

    def _write_outcome(self):
        """Send the answer; where nobody can be written to, a person tells it."""
        summary = self.env._("Tell the customer the answer to %s", self.name)
        self._write_or_tell(ANSWER, summary)

    def _log_request(self, text):
        """What the customer said, in its own words."""
        by_itself = self.origin in ("portal", "link")
        self._log(
            direction="in" if by_itself else "note",
            channel="portal" if by_itself else "system",
            outcome="open",
            names=self.author_id.display_name or "",
            text=text,
            details={
                "kind": self.kind,
                "amount": self.amount,
                "currency": self.currency_id.name,
                "by": fields.Date.to_string(self.date_wanted) or "",
                "documents": self.move_line_ids.move_id.mapped("name"),
                "files": [
                    {"name": file.name, "checksum": file.checksum} for file in self.attachment_ids
                ],
            },
        )

    def _log_step(self, state):
        for request in self:
            request._log(
                direction="note", channel="system", outcome=state, text=request.answer or ""
            )
