from odoo import fields, models


class RecoveryCallOutcome(models.Model):
    """How a call ended, and what comes next: the switches are what the call dialog starts with."""

    _name = "recovery.call.outcome"
    _description = "Outcome of a Call"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Small letters, digits and _; unique.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_conversation = fields.Boolean(
        string="Conversation",
        help="Somebody was spoken with: contact rules may leave the customer in peace afterwards.",
    )
    next_step = fields.Selection(
        [
            ("nothing", "Nothing"),
            ("call", "Call again"),
            ("promise", "Note the promise"),
            ("dispute", "Open the dispute"),
            ("offer", "Make an offer"),
            ("wait", "Wait for the money"),
            ("hardship", "Note the hardship"),
            ("task", "A task for the owner"),
        ],
        required=True,
        default="nothing",
        help="What the dialog proposes to do when the call is logged.",
    )
    days = fields.Integer(
        string="After days", help="Working days until the next step; 0: at once, without a date."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Another outcome has this code already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code has small letters, digits and underscores only, and begins with a letter.",
    )
    _days_not_negative = models.Constraint(
        "CHECK (days >= 0)", "Days until the next step can't be negative."
    )
