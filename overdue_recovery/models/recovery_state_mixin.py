from odoo import api, models
from odoo.exceptions import UserError

# An object no client can send: only `_set_state` holds it, so only `_set_state` may write a state.
_DOOR = object()


class RecoveryStateMixin(models.AbstractModel):
    """One door for every state.

    A model lists its legal moves in ``_transitions = {state: {next states}}`` and everything
    that changes a state calls ``_set_state()``. A plain ``write({"state": …})`` is refused, so
    that no import, button or extension can leave the table.

    Seam: extend ``_transitions`` in an inheriting class to allow a move; override
    ``_after_state(target)`` to act on it.
    """

    _name = "recovery.state.mixin"
    _description = "State with one writer"

    _transitions = {}

    def _set_state(self, target, **values):
        """Move every record of ``self`` to ``target`` and write ``values`` with it.

        :raise UserError: naming the first record that may not go there; nothing is written then
        """
        if not self:
            return
        for record in self:
            if target not in self._transitions.get(record.state, ()):
                raise UserError(record._illegal_transition_message(target))
        self.with_context(recovery_state_door=_DOOR).write({"state": target, **values})
        self._after_state(target)

    def _illegal_transition_message(self, target):
        """The sentence a person reads when a move is refused."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(record)s is “%(state)s” and can't become “%(target)s”.",
            record=self.display_name,
            state=labels.get(self.state, self.state),
            target=labels.get(target, target),
        )

    def _after_state(self, target):
        """Seam: called once with all records that have just become ``target``. Does nothing."""

    @api.model_create_multi
    def create(self, vals_list):
        first = self._fields["state"].default(self)
        asked = self.env.context.get("default_state", first)
        if any(vals.get("state", asked) != first for vals in vals_list):
            raise UserError(
                self.env._(
                    "%(model)s begins in its first state, whatever is imported.",
                    model=self._description,
                )
            )
        return super().create(vals_list)

    def _is_set_state(self):
        """Whether it is `_set_state` that writes, with what it was given."""
        return self.env.context.get("recovery_state_door") is _DOOR

    def write(self, vals):
        if "state" in vals and not self._is_set_state():
            raise UserError(
                self.env._(
                    "The state of %(model)s is changed by its buttons, never written directly.",
                    model=self._description,
                )
            )
        return super().write(vals)
