from decimal import Decimal

from odoo import api, models
from odoo.tools import format_date
from odoo.tools.misc import get_lang

from .dunning_message_batch import MessageFigures


class RecoveryChargeText(models.AbstractModel):
    """A charge in words: rule, rate, days, source, all of them from its proof."""

    _name = "recovery.charge.text"
    _description = "Charge: in words"

    @api.depends("kind", "item_name", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge._title()} ({format_date(self.env, charge.date)})"

    def _title(self):
        """What it is for, in a few words."""
        self.ensure_one()
        if self.kind == "fee":
            return self.env._("Reminder fee")
        if self.kind == "fixed_sum":
            return self.env._("Fixed sum for late payment of %s", self.item_name)
        return self.env._("Interest for late payment of %s", self.item_name)

    def _explanation(self):
        """How it was computed, and by which rule."""
        self.ensure_one()
        proof = self.proof
        if not proof:
            return ""
        texts = [getattr(self, f"_explain_{self.kind}")(proof), self._source_text(proof)]
        return " ".join(filter(None, texts))

    @api.depends("proof", "kind")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for charge in self:
            charge.explanation = charge._explanation()

    @api.depends("proof", "kind")
    @api.depends_context("lang")
    def _compute_proof_text(self):
        for charge in self:
            charge.proof_text = "\n".join(charge._proof_lines())

    def _proof_lines(self):
        """The whole computation, a step a line, for who wants to follow it."""
        proof = self.proof
        if not proof:
            return []
        lines = [self._explanation()]
        for item in proof.get("items", ()):
            lines.append(
                self.env._(
                    "%(name)s, due %(date)s: %(amount)s demanded.",
                    name=item["name"],
                    date=format_date(self.env, item["date_due"]),
                    amount=self._item_text(item),
                )
            )
        lines += [self._segment_line(segment) for segment in proof.get("segments", ())]
        if "unrounded" in proof:
            lines.append(
                self.env._(
                    "Together %(unrounded)s, rounded half up, once: %(amount)s.",
                    unrounded=self._exact_text(proof["unrounded"]),
                    amount=self._units_text(proof["amount"]),
                )
            )
        return lines

    def _item_text(self, item):
        currency = self.env["res.currency"].sudo().browse(item["currency_id"])
        amount = item["demanded"] * currency.rounding
        return MessageFigures(self.env).money(amount, currency)

    def _segment_line(self, segment):
        return self.env._(
            "After %(start)s to %(end)s: %(days)s days, %(rate)s %% on %(principal)s = "
            "%(interest)s.",
            start=format_date(self.env, segment["from"]),
            end=format_date(self.env, segment["to"]),
            days=segment["days"],
            rate=self._percent_text(segment["rate"]),
            principal=self._units_text(segment["principal"]),
            interest=self._exact_text(segment["interest"]),
        )

    def _exact_text(self, units):
        """An unrounded number of units as an amount with six decimals."""
        amount = Decimal(units) * Decimal(str(self.currency_id.rounding))
        text = f"{amount:.6f}".replace(".", get_lang(self.env).decimal_point)
        return f"{text} {self.currency_id.name}"

    def _source_text(self, proof):
        source = (proof.get("law") or {}).get("source")
        return self.env._("Source: %s.", source.rstrip(".")) if source else ""

    def _explain_interest(self, proof):
        """The stretches of equal principal and rate, then the way of counting."""
        parts = [
            self._explain_segment(segment)
            for segment in proof["segments"]
            if segment["principal"] and segment["days"]
        ]
        return self.env._(
            "%(parts)s (%(day_count)s).", parts="; ".join(parts), day_count=proof["day_count"]
        )

    def _explain_segment(self, segment):
        return self.env._(
            "%(rate)s %% a year on %(principal)s for %(days)s days to %(date)s",
            rate=self._percent_text(segment["rate"]),
            principal=self._units_text(segment["principal"]),
            days=segment["days"],
            date=format_date(self.env, segment["to"]),
        )

    def _explain_fixed_sum(self, proof):
        return self.env._("Once, for %s paid late.", self._units_text(proof["base"]))

    def _explain_fee(self, proof):
        terms = proof["fee"]
        words = {
            "percent": lambda: self.env._(
                "%(rate)s %% of %(base)s.",
                rate=self._percent_text(terms["percent"]),
                base=self._units_text(terms["base"]),
            ),
            "tiered": lambda: self.env._("By bands, for %s.", self._units_text(terms["base"])),
        }
        text = words.get(terms.get("type"), lambda: "")()
        if proof["uncapped"] > proof["amount"]:
            text += " " + self.env._(
                "Lowered from %s to what is allowed.", self._units_text(proof["uncapped"])
            )
        return text.strip()

    def _units_text(self, units):
        amount = units * self.currency_id.rounding
        return MessageFigures(self.env).money(amount, self.currency_id)

    def _percent_text(self, rate):
        text = f"{(Decimal(rate) * 100).normalize():f}"
        return text.replace(".", get_lang(self.env).decimal_point)
