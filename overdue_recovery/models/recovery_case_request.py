from odoo import api, fields, models


class RecoveryCaseRequest(models.AbstractModel):
    """What the customer of a case asks of us."""

    _name = "recovery.case.request"
    _description = "Case: requests of its customer"

    request_ids = fields.One2many("recovery.request", "case_id", string="Requests")
    open_request_id = fields.Many2one(
        "recovery.request",
        compute="_compute_open_request_id",
        string="Waits for an answer",
        help="The open request with the nearest deadline.",
    )

    @api.depends("request_ids.state", "request_ids.deadline")
    def _compute_open_request_id(self):
        for case in self:
            waiting = case.request_ids.filtered(lambda request: request.state == "open")
            case.open_request_id = waiting.sorted("deadline")[:1]

    def _note_late_reason(self, reason):
        """Note why it is late, as the customer says; nothing where it would rather not say."""
        if reason:
            self.late_reason_id = reason
