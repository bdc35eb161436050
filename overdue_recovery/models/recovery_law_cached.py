from odoo import api, models


class RecoveryLawCached(models.AbstractModel):
    """Rows that are kept in memory: whoever changes one makes every process read them again.

    For the rows of a law, which are asked all the time and change once a year. A method that
    keeps what it read (``tools.ormcache``) stays true as long as all models it reads inherit this.
    """

    _name = "recovery.law.cached"
    _description = "Rows Kept in Memory"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
