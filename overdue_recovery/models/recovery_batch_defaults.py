from odoo import models


class RecoveryBatchDefaults(models.AbstractModel):
    """Defaults of rows that are made together, worked out once.

    Core asks for all hundred defaults of a model again for each row of one ``create``: for a mail
    and its message that is a third of what they cost. The memory travels in the context, so only
    who asks for it shares defaults, and no longer than that one call.
    """

    _name = "recovery.batch.defaults"
    _description = "Defaults of rows made together"

    def _sharing_defaults(self):
        """This model, to create rows that share their defaults."""
        return self.with_context(recovery_defaults={})

    def _shared_defaults(self, fields, work_out):
        """``work_out(fields)``, or what it gave for an earlier row of this call."""
        known = self.env.context.get("recovery_defaults")
        if known is None:
            return work_out(fields)
        key = self._name, tuple(fields)
        if key not in known:
            known[key] = work_out(fields)
        return dict(known[key])
