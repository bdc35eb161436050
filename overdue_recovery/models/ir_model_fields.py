from odoo import api, models, tools
from odoo.tools import frozendict


class IrModelFields(models.Model):
    """The labels and help texts of a model, put together once for all its fields.

    Core does it anew for each field that it describes, so that every field an addon adds makes
    all others dearer, in every form and whenever an invoice is posted. Kept as long as core keeps
    what they are made of.
    """

    _inherit = "ir.model.fields"

    @api.model
    @tools.ormcache("model_name", "self.env.lang", cache="stable")
    def get_field_string(self, model_name):
        return frozendict(super().get_field_string(model_name))

    @api.model
    @tools.ormcache("model_name", "self.env.lang", cache="stable")
    def get_field_help(self, model_name):
        return frozendict(super().get_field_help(model_name))
