from odoo import fields, models

from .recovery_contact_facts import Request


class DunningNoticeGate(models.AbstractModel):
    """What the contact gate says about a notice, for its screen."""

    _name = "dunning.notice.gate"
    _description = "Notice: the contact gate"

    gate_text = fields.Text(
        string="Contact Rules",
        compute="_compute_gate_text",
        compute_sudo=True,
        help="Whether its messages may go now; until when they wait, and why.",
    )

    def _compute_gate_text(self):
        """Ask the gate about what is still to leave: one line for each recipient."""
        requests = {notice: notice._coming_requests() for notice in self}
        gate = self.env["recovery.contact.gate"]
        asked = [request for found in requests.values() for request in found]
        verdicts = iter(gate._verdicts(asked, fields.Datetime.now()))
        for notice, found in requests.items():
            lines = [(request, next(verdicts)) for request in found]
            notice.gate_text = notice._gate_lines(lines)

    def _coming_requests(self):
        """Questions to the gate about the messages of this notice that have not left yet."""
        if self.state == "proposed":
            people, deliveries = self.env["res.partner"], self.env["dunning.delivery"]
            reachable = self.partner_id._recovery_recipients_by_channel()
            refused = deliveries._unwelcome(self, reachable)
            coming = deliveries._deliveries_of(self, reachable[self.partner_id], refused)
            return [
                self._contact_request(
                    people.browse(values["recipient_id"]), values["channel"], values["address"]
                )
                for values in coming
            ]
        waiting = self.delivery_ids.filtered(lambda one: one.state in ("queued", "held"))
        return [one._contact_request() for one in waiting]

    def _contact_request(self, recipient, channel, address):
        """A message of this notice as a question to the gate."""
        return Request(
            recipient=recipient,
            channel=channel,
            purpose=self._purpose(),
            company=self.company_id,
            debtor=self.partner_id,
            key=self.name or "",
            address=address or "",
        )

    def _purpose(self):
        """What its messages are for, as the gate asks (see the level)."""
        return self.level_id._purpose()

    def _gate_lines(self, verdicts):
        """``[(request, verdict)]`` in words; what all share is said once."""
        gate = self.env["recovery.contact.gate"]
        texts = [gate._announcement(verdict) for _request, verdict in verdicts]
        if len(set(texts)) <= 1:
            return texts[0] if texts else False
        names = [one.address or one.recipient.display_name for one, _verdict in verdicts]
        return "\n".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
