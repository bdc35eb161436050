import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..calc import rate_table
from ..models.recovery_law_interest import as_rate, percent

MOST_BYTES = 1_000_000
# What a preview can show that a person will read.
MOST_SHOWN = 50


class RecoveryRateImport(models.TransientModel):
    """Read the history of a reference rate from a file, shown before anything is written."""

    _name = "recovery.rate.import"
    _description = "Import a Reference Rate"

    rate_id = fields.Many2one(
        "recovery.reference.rate",
        string="Reference Rate",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.context.get("active_id"),
    )
    file = fields.Binary(attachment=False)
    filename = fields.Char()
    overwrite = fields.Boolean(
        string="Change values that are there already",
        help="Charges made with the old value keep it: their proof says which.",
    )
    preview = fields.Text(compute="_compute_preview")
    has_changes = fields.Boolean(compute="_compute_preview")

    @api.depends("file", "rate_id")
    def _compute_preview(self):
        for wizard in self:
            try:
                plan = wizard._plan() if wizard.file else []
                wizard.preview = wizard._described(plan)
                wizard.has_changes = any(old is not None for _day, _new, old in plan)
            except UserError as error:
                wizard.preview, wizard.has_changes = str(error), False

    def action_import(self):
        """Write the values that are new and, where that was ticked, those that are different.

        :raise UserError: the file can't be read, or it would change values and nobody ticked that
        """
        self.ensure_one()
        self.rate_id.check_access("write")
        plan = self._plan()
        changed = [(day, new) for day, new, old in plan if old is not None]
        if changed and not self.overwrite:
            raise UserError(
                self.env._(
                    "The file has other values than %(rate)s has from %(days)s on. Nothing was "
                    "imported: tick the box if they are to be changed.",
                    rate=self.rate_id.code,
                    days=", ".join(format_date(self.env, day) for day, _new in changed[:5]),
                )
            )
        self._write_values(plan)
        return {"type": "ir.actions.act_window_close"}

    def _plan(self):
        """[(day, new rate, old rate or None)] of the rows that differ from what is known."""
        own = {value.valid_from: as_rate(value.rate) for value in self.rate_id.value_ids}
        rows = [(day, as_rate(rate)) for day, rate in self._rows()]
        return [(day, rate, own.get(day)) for day, rate in rows if own.get(day) != rate]

    def _rows(self):
        try:
            content = base64.b64decode(self.file or b"", validate=True)
            if len(content) > MOST_BYTES:
                raise UserError(self.env._("The file is too large for a history of a rate."))
            return rate_table.read(content.decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError) as error:
            raise UserError(
                self.env._("The file is no text: save the table as CSV (UTF-8).")
            ) from error
        except rate_table.BadTable as error:
            raise UserError(self._complaint(error)) from error

    def _complaint(self, error):
        """What is wrong with the table, as a sentence."""
        texts = {
            "empty": self.env._("there is no value in it."),
            "columns": self.env._("it needs a heading with the columns date and rate."),
            "date": self.env._("“%s” is no date (YYYY-MM-DD).", error.text),
            "rate": self.env._("“%s” is no rate (per cent, such as 2.15).", error.text),
            "range": self.env._("“%s” per cent is no rate of a bank.", error.text),
            "twice": self.env._("the day %s is there twice.", error.text),
            "long": self.env._("the table is too long for a history of a rate."),
        }
        return self.env._(
            "Nothing was imported. Line %(line)s: %(what)s",
            line=error.line,
            what=texts[error.reason],
        )

    def _described(self, plan):
        """What would change, one line each."""
        if not plan:
            return self.env._("Nothing new in this file.") if self.file else ""
        lines = [self._described_row(*row) for row in plan[:MOST_SHOWN]]
        if len(plan) > MOST_SHOWN:
            lines.append(self.env._("… and %s more.", len(plan) - MOST_SHOWN))
        return "\n".join(lines)

    def _described_row(self, day, new, old):
        day = format_date(self.env, day)
        if old is None:
            return self.env._("%(day)s: %(new)s, new", day=day, new=percent(new))
        return self.env._(
            "%(day)s: %(new)s instead of %(old)s", day=day, new=percent(new), old=percent(old)
        )

    def _write_values(self, plan):
        known = {value.valid_from: value for value in self.rate_id.value_ids}
        source = self.filename or self.env._("Imported file")
        added = []
        for day, new, old in plan:
            values = {"rate": float(new), "source": source}
            if old is None:
                added.append({"rate_id": self.rate_id.id, "valid_from": day, **values})
            else:
                known[day].write(values)
        self.env["recovery.reference.rate.value"].create(added)
        self.rate_id._watch()
