from odoo import api, models


class RecoveryDemo(models.AbstractModel):
    """The story of the demo data. Its telling is loaded when demo data are, and never else."""

    _name = "recovery.demo"
    _description = "Demo Story"

    @api.model
    def _tell(self):
        """Make half a year of two companies with the fourteen customers of
        ``demo/recovery_demo.xml``, by the acts that people and jobs use, on days relative to
        today. Nothing is sent to anybody and nothing is committed.

        :raise UserError: an act of the story was refused; then Odoo goes on without demo data
        """
        from .story import Story

        try:
            Story(self.env).tell()
        except Exception:
            # Odoo rolls back to before the demo data, but not what waits for the commit
            self.env.cr.postcommit.clear()
            raise
