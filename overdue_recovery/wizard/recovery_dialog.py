from odoo import models


class RecoveryDialog(models.AbstractModel):
    """A dialog that is made for a record and then shown."""

    _name = "recovery.dialog"
    _description = "Dialog"

    def _action_open(self, title):
        """The action that shows this dialog, in the form view that is named after its model."""
        self.ensure_one()
        view = self.env.ref(f"overdue_recovery.{self._table}_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }
