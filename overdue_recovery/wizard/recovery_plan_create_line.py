from odoo import fields, models


class RecoveryPlanCreateLine(models.TransientModel):
    """An installment of the preview; with own dates it is written by hand."""

    _name = "recovery.plan.create.line"
    _description = "Payment Plan: Row of the Dialog"
    _order = "date_due, id"

    wizard_id = fields.Many2one("recovery.plan.create", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    date_due = fields.Date(string="Due", required=True)
    amount = fields.Monetary(required=True)
    amount_interest = fields.Monetary(string="Of it interest")
