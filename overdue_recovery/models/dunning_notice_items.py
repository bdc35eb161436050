from markupsafe import Markup
from odoo import api, fields, models

from .dunning_message_batch import demanded_by_currency, grouped, oldest_first

# A longer name of a document may be torn: a phone has room for three columns otherwise.
LONG_NAME = 18


class DunningNoticeItems(models.AbstractModel):
    """The table of items in a message, a section and a sum for whatever belongs together."""

    _name = "dunning.notice.items"
    _description = "Notice: table of items"

    items_html = fields.Html(
        string="Table of items", compute="_compute_items_html", compute_sudo=True, sanitize=False
    )

    @api.depends(
        "line_ids.amount_demanded",
        "line_ids.amount_residual",
        "line_ids.level_id",
        "level_id",
        "personal_note",
    )
    @api.depends_context("lang")
    def _compute_items_html(self):
        notices = self._together()
        words = notices._level_words()
        for notice in notices:
            notice.items_html = notice._fragment(
                "message_items",
                {
                    "tables": notice._item_tables(words),
                    "note": notice._note_lines(),
                    "enclosed": notice._enclosed_sentence(),
                    "terms": notice._cost_sentences(),
                },
            )

    def _note_lines(self):
        """The paragraph that a person wrote for this one notice."""
        return (self.personal_note or "").strip().splitlines()

    def _item_tables(self, words):
        """One table a currency, as values of the QWeb template ``message_items``.

        :param words: {level id: what a level is called in a message}
        """
        lines, charges = self._message_lines(), self._message_charges()
        totals = demanded_by_currency(lines, charges)
        by_currency = grouped(lines, lambda line: line.currency_id)
        charged = grouped(charges, lambda charge: charge.currency_id)
        currencies = {**by_currency, **charged}
        return [
            {
                "title": self._table_title(currency) if len(currencies) > 1 else "",
                "total": self._money(totals.get(currency, 0.0), currency),
                **self._table_lines(by_currency.get(currency, []), words),
                "costs": self._costs(by_currency.get(currency, []), charged.get(currency, [])),
            }
            for currency in self._own_first(currencies)
        ]

    def _table_title(self, currency):
        return self.env._("Amounts in %s", currency.name)

    def _table_lines(self, lines, words):
        """The lines of one currency by section; none of them in private mode."""
        kinds = {"due": ("rising", "listed"), "credits": ("credit",), "not_due": ("not_due",)}
        if self.level_id.policy_id.private_mode:
            return dict.fromkeys(kinds, ())
        ordered = oldest_first(line for line in lines if not _is_cost(line))
        levels = {line.level_id for line in ordered if line.kind in kinds["due"] and line.level_id}
        shown = words if len(levels) > 1 else {}
        return {
            section: self._section([line for line in ordered if line.kind in kinds[section]], shown)
            for section in kinds
        }

    def _costs(self, lines, charges):
        """The rows of what being late costs: what this notice charges, each explained, and what
        is open of earlier charges."""
        if self.level_id.policy_id.private_mode:
            return ()
        figures = self._figures()
        earlier = [line for line in oldest_first(lines) if _is_cost(line)]
        rows = [self._line_values(line, {}, figures) for line in earlier]
        rows += [self._charge_values(charge, figures) for charge in charges]
        return Markup().join(self._fragment("message_items_line", row) for row in rows)

    def _charge_values(self, charge, figures):
        """A charge as a line of the table."""
        return {
            "name": charge._title(),
            "is_long": False,
            "date": "",
            "amount": figures.money(charge.amount, charge.currency_id),
            "remarks": charge._explanation(),
        }

    def _section(self, lines, words):
        """The rows of a section; on a notice for several customers (the payer's own and those of
        the companies it pays for) under a title and a sum for each of them."""
        if not lines:
            return Markup()
        figures = self._figures()
        customers = {line.customer_id for line in self._message_lines() if line.customer_id}
        rows = []
        for customer_lines in self._by_customer(lines).values():
            if len(customers) > 1:
                rows.append(self._customer_row(customer_lines, figures))
            rows += [
                self._fragment("message_items_line", self._line_values(line, words, figures))
                for line in customer_lines
            ]
        return Markup().join(rows)

    def _by_customer(self, lines):
        """Lines by the customer they are of: those of the recipient first, then by name."""
        own = self.partner_id.id
        ordered = sorted(lines, key=lambda one: (one.customer_id != own, one.customer or ""))
        return grouped(ordered, lambda line: line.customer_id)

    def _customer_row(self, lines, figures):
        total = sum(self._shown_amount(line) for line in lines)
        values = {
            "name": lines[0].customer or "",
            "amount": figures.money(total, lines[0].currency_id),
        }
        return self._fragment("message_items_customer", values)

    def _shown_amount(self, line):
        return line.amount_residual if line.kind == "not_due" else line.amount_demanded

    def _line_values(self, line, words, figures):
        """A line of the table, as text."""
        credit = line.kind == "credit"
        remarks = [] if credit else self._line_remarks(line, words, figures)
        return {
            "name": line.name or "",
            "is_long": len(line.name or "") > LONG_NAME,
            "date": "" if credit else figures.day(line.date_due),
            "amount": figures.money(self._shown_amount(line), line.currency_id),
            "remarks": " · ".join(filter(None, remarks)),
        }

    def _line_remarks(self, line, words, figures):
        """How late it is, how often we wrote, and why the sum is not that of the document."""
        remarks = [self._days_text(line.days_overdue), words.get(line.level_id)]
        currency = line.currency_id
        if line.amount_paid > 0 and not currency.is_zero(line.amount_paid):
            paid = figures.money(line.amount_paid, currency)
            remarks.append(self.env._("%s already paid, thank you", paid))
        lowered = line.kind != "not_due" and line.amount_residual != line.amount_demanded
        if lowered and currency.compare_amounts(line.amount_residual, line.amount_demanded):
            open_ = figures.money(line.amount_residual, currency)
            remarks.append(self.env._("%s open in all", open_))
        return remarks

    def _days_text(self, days):
        if days <= 0:
            return ""
        if days == 1:
            return self.env._("1 day overdue")
        key = "days", self.env.lang, days
        return self._batch().once(key, lambda: self.env._("%s days overdue", days))

    def _level_steps(self):
        """{level id: 0 before the due date, else which reminder of its policy it is, from 1}"""
        batch = self._batch()
        # in this environment, which knows the batch and its lines
        return batch.once("steps", batch.notices.with_env(self.env)._read_level_steps)

    def _read_level_steps(self):
        steps = {}
        shown = {line.level_id for lines in self._lines_by_notice().values() for line in lines}
        levels = self.level_id | self.level_id.browse(shown - {None})
        for policy in levels.policy_id:
            levels = policy.level_ids.filtered(lambda level: not level.is_internal)
            early = levels.filtered(lambda level: level.delay_days < 0)
            order = (levels - early).sorted(lambda lv: (lv.sequence, lv.delay_days, lv.id))
            steps.update(dict.fromkeys(early.ids, 0))
            steps.update({level.id: step for step, level in enumerate(order, 1)})
        return steps

    def _level_words(self):
        """{level id: what it is called in a message}: how often we have written, nothing else."""
        ordinals = [
            self.env._("before the due date"),
            self.env._("first reminder"),
            self.env._("second reminder"),
            self.env._("third reminder"),
            self.env._("fourth reminder"),
        ]
        return {
            level_id: ordinals[step] if step < len(ordinals) else self.env._("reminder %s", step)
            for level_id, step in self._level_steps().items()
        }


def _is_cost(line):
    """Whether a line asks for costs charged earlier."""
    return line.is_charge and line.kind == "listed"
