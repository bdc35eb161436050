import re
from urllib.parse import quote

from markupsafe import Markup
from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import email_normalize

from .dunning_message_batch import (
    MessageFigures,
    MessageForm,
    demanded_by_currency,
    shape_of,
    with_holes,
)

# Placeholders: plain field paths, so that anybody who may write a template may use them (core's
# restricted rendering), and a template that holds nothing else needs no compilation.
PLACEHOLDERS = (
    "message_lang",
    "reference",
    "opening",
    "history",
    "history_text",
    "items_html",
    "pay_by_text",
    "payment_html",
    "link_html",
    "help_html",
    "contact_name",
    "contact_phone",
    "contact_text",
    "signature_html",
)
# More references than these are not quoted one by one: the notice's own stands for all.
MAX_REFERENCES = 5
# A longer name of a document may be torn: a phone has room for three columns otherwise.
LONG_NAME = 18
_AFTER_TAG = re.compile(r">\s*\n\s*")
_BEFORE_TAG = re.compile(r"\s*\n\s*<")


class DunningNoticePlaceholder(models.AbstractModel):
    """What a message says: the placeholders of mail templates.

    Templates (``mail.template`` of this model) hold the sentences; whatever depends on the ledger
    is a field here: ``object.opening``, ``object.items_html``, … All of them follow the language
    of the context. HTML stands in ``data/mail_layout_templates.xml``.
    """

    _name = "dunning.notice.placeholder"
    _description = "Notice: what its message says"

    message_lang = fields.Char(
        string="Language of the message", compute="_compute_message_lang", compute_sudo=True
    )
    reference = fields.Char(string="Our reference", compute="_compute_reference")
    opening = fields.Char(
        string="First sentence",
        compute="_compute_opening",
        compute_sudo=True,
        help="What is owed, and since when.",
    )
    items_html = fields.Html(
        string="Table of items", compute="_compute_items_html", compute_sudo=True, sanitize=False
    )
    pay_by_text = fields.Char(
        string="Sentence: pay by", compute="_compute_pay_by_text", compute_sudo=True
    )
    payment_html = fields.Html(
        string="How to pay", compute="_compute_payment_html", compute_sudo=True, sanitize=False
    )
    help_html = fields.Html(
        string="Ways to answer", compute="_compute_help_html", compute_sudo=True, sanitize=False
    )
    contact_name = fields.Char(
        string="Contact: name", compute="_compute_contact", compute_sudo=True
    )
    contact_phone = fields.Char(
        string="Contact: telephone", compute="_compute_contact", compute_sudo=True
    )
    contact_text = fields.Char(
        string="Sentence: how to reach us", compute="_compute_contact_text", compute_sudo=True
    )
    signature_html = fields.Html(
        string="Signature", compute="_compute_signature_html", compute_sudo=True, sanitize=False
    )

    @api.model
    def mail_allowed_qweb_expressions(self):
        """Expressions that users without the right to edit all templates may use."""
        placeholders = tuple(f"object.{name}" for name in PLACEHOLDERS)
        return (
            *super().mail_allowed_qweb_expressions(),
            *placeholders,
            "object.company_id.name",
            "object.company_id.email",
            "object.company_id.email_formatted",
            "object.company_id.phone",
        )

    @api.depends("name")
    def _compute_reference(self):
        for notice in self:
            notice.reference = notice.name

    # -- language --------------------------------------------------------------------------

    @api.depends("partner_id", "company_id", "delivery_ids.lang")
    @api.depends_context("recovery_lang")
    def _compute_message_lang(self):
        """The recipient's language (of the one that is being written to, else of the first
        e-mail), else the customer's, else the company's: the first one that is installed."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        recipient = self.env.context.get("recovery_lang")
        for notice in self:
            known = [recipient] if recipient in installed else notice._languages_known()
            notice.message_lang = next((lang for lang in known if lang in installed), "en_US")

    def _languages_known(self):
        """Languages that this notice may be written in, best first."""
        emails = self.delivery_ids.filtered(lambda delivery: delivery.channel == "email")
        return [*emails.mapped("lang"), self.partner_id.lang, self.company_id.partner_id.lang]

    # -- first sentence --------------------------------------------------------------------

    @api.depends("line_ids.amount_demanded", "line_ids.date_due", "line_ids.days_overdue")
    @api.depends_context("lang")
    def _compute_opening(self):
        for notice in self._together():
            notice.opening = notice._opening_sentence()

    def _opening_sentence(self):
        """What is owed now, in each currency, and since when or until when."""
        amounts = self._demanded_amounts()
        lines = [line for line in self._lines_to_pay() if not line.is_charge]
        overdue = [line for line in lines if line.days_overdue > 0]
        dates = [line.date_due for line in overdue or lines if line.date_due]
        if not amounts or not dates:
            return ""
        values = {"amount": self._enumerate(amounts), "date": self._long_date(min(dates))}
        several = len(amounts) > 1
        if not overdue:
            return self._opening_before_due(several, values)
        if len(overdue) < len(lines):
            return self._opening_partly_overdue(several, values)
        if several:
            return self.env._(
                "%(amount)s are open on your account, overdue since %(date)s.", **values
            )
        return self.env._("%(amount)s is open on your account, overdue since %(date)s.", **values)

    def _opening_before_due(self, several, values):
        if several:
            return self.env._("%(amount)s on your account fall due on %(date)s.", **values)
        return self.env._("%(amount)s on your account falls due on %(date)s.", **values)

    def _opening_partly_overdue(self, several, values):
        if several:
            return self.env._(
                "%(amount)s are open on your account, a part of it overdue since %(date)s.",
                **values,
            )
        return self.env._(
            "%(amount)s is open on your account, a part of it overdue since %(date)s.", **values
        )

    def _lines_to_pay(self):
        """Lines of which something is demanded now, the oldest first."""
        return _oldest_first(
            line
            for line in self._message_lines()
            if line.kind in ("rising", "listed") and line.amount_demanded > 0
        )

    def _demanded_amounts(self):
        """The sums demanded as text, the company's currency first."""
        totals = demanded_by_currency(self._message_lines(), self._message_charges())
        owed = {currency: sum_ for currency, sum_ in totals.items() if sum_ > 0}
        return [self._money(owed[currency], currency) for currency in self._own_first(owed)]

    def _own_first(self, currencies):
        """Currencies in the order of a message: the company's, then by name."""
        own = self.company_id.currency_id
        return sorted(currencies, key=lambda currency: (currency != own, currency.name))

    # -- items -----------------------------------------------------------------------------

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
        by_currency = _grouped(lines, lambda line: line.currency_id)
        charged = _grouped(charges, lambda charge: charge.currency_id)
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
        ordered = _oldest_first(line for line in lines if not _is_cost(line))
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
        earlier = [line for line in _oldest_first(lines) if _is_cost(line)]
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
        return _grouped(ordered, lambda line: line.customer_id)

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

    # -- payment ---------------------------------------------------------------------------

    @api.depends("date_due", "line_ids.pay_by", "level_id")
    @api.depends_context("lang")
    def _compute_pay_by_text(self):
        for notice in self._together():
            notice.pay_by_text = notice._pay_by_sentence()

    def _pay_by_sentence(self):
        """Until when to pay. A reminder before the due date prints each item's own date."""
        if self.level_id.delay_days < 0:
            dates = {line.date_due for line in self._message_lines() if line.kind == "rising"}
            if len(dates) > 1:
                return self.env._("Please pay each amount by its due date.")
        if self.date_due:
            return self.env._("Please pay by %s.", self._long_date(self.date_due))
        days = self.level_id.new_due_days
        return self.env._("Please pay within %s days.", days) if days else ""

    @api.depends("line_ids.move_line_id", "company_id", "name")
    @api.depends_context("lang", "recovery_letter")
    def _compute_payment_html(self):
        for notice in self._together():
            notice.payment_html = notice._fragment(
                "message_payment",
                {"accounts": notice._payment_accounts(), "letter": self._is_for_letter()},
            )

    def _payment_accounts(self):
        """Where to pay what: the bank account of each invoice, else the company's first one."""
        lines = self._lines_to_pay() or self._message_lines()
        own, banks = self._company_bank(), self.env["res.partner.bank"]
        by_bank = _grouped(lines, lambda line: line.bank_id or own.id)
        return [
            self._payment_account(banks.browse(bank_id), lines)
            for bank_id, lines in by_bank.items()
            if bank_id
        ]

    def _payment_account(self, bank, lines):
        references = list(dict.fromkeys(filter(None, map(_line_reference, lines))))
        quoted = self._enumerate(references)
        if self.level_id.policy_id.private_mode or not 0 < len(references) <= MAX_REFERENCES:
            quoted = self.name or ""
        key = "bank", bank, self.company_id
        return {
            "title": self.env._("For %s", quoted),
            **self._batch().once(key, lambda: self._bank_values(bank)),
            "reference": quoted,
        }

    def _bank_values(self, bank):
        return {
            "holder": bank.acc_holder_name or bank.partner_id.name or self.company_id.name,
            "number": _in_fours(bank.acc_number or ""),
            "bank": " · ".join(filter(None, (bank.bank_id.name, bank.bank_id.bic))),
        }

    def _company_bank(self):
        partner = self.company_id.partner_id
        return self._batch().once(("company_bank", partner), lambda: partner.bank_ids[:1])

    # -- who answers -----------------------------------------------------------------------

    @api.depends("case_id.user_id", "line_ids.move_line_id", "partner_id", "company_id")
    def _compute_contact(self):
        for notice in self._together():
            owner = notice._contact_user()
            notice.contact_name = owner.name or notice.company_id.name
            notice.contact_phone = owner.phone or notice.company_id.phone

    def _contact_user(self):
        """The owner of the case, else the salesperson of the newest invoice, else of the
        customer; empty when that is no person."""
        owner = self.case_id.user_id or self._salesperson() or self.partner_id.user_id
        return owner.filtered(lambda user: user.active and user.id != SUPERUSER_ID)

    def _is_for_letter(self):
        """Whether a letter is being written: nobody can reply to it by a click."""
        return bool(self.env.context.get("recovery_letter"))

    def _salesperson(self):
        """Who sold the newest invoice on this notice."""
        sold = [line for line in self._message_lines() if line.invoice_user_id]
        newest = max(sold, key=lambda line: (line.invoice_date, line.move_id), default=None)
        return self.env["res.users"].browse(newest and newest.invoice_user_id)

    @api.depends("contact_phone")
    @api.depends_context("lang", "recovery_letter")
    def _compute_contact_text(self):
        for notice in self:
            # a number is not torn at the end of a line
            phone = (notice.contact_phone or "").replace(" ", "\N{NO-BREAK SPACE}")
            if self._is_for_letter():
                notice.contact_text = notice._contact_text_of_letter(phone)
                continue
            notice.contact_text = (
                self.env._("Reply to this message or call %s.", phone)
                if phone
                else self.env._("Simply reply to this message.")
            )

    def _contact_text_of_letter(self, phone):
        email = self.company_id.email
        if email and phone:
            return self.env._(
                "Write to us (%(email)s) or call %(phone)s.", email=email, phone=phone
            )
        if phone:
            return self.env._("Write to us or call %s.", phone)
        return self.env._("Write to us: %s.", email) if email else self.env._("Write to us.")

    @api.depends("contact_text", "name", "company_id")
    @api.depends_context("lang", "recovery_letter")
    def _compute_help_html(self):
        for notice in self._together():
            values = {"contact_text": notice.contact_text, "mailto": notice._help_link()}
            notice.help_html = notice._fragment("message_help", values)

    def _help_link(self):
        """Link that starts a message to us with the reference in its subject, so that it finds its
        case; False without an address, and in a letter."""
        if self._is_for_letter():
            return False
        company = self.company_id
        address = self._batch().once(
            ("help", company.id),
            lambda: company._recovery_reply_address() or email_normalize(company.email or ""),
        )
        return address and f"mailto:{quote(address, safe='@+')}?subject={quote(self.name or '')}"

    @api.depends("contact_name", "company_id")
    @api.depends_context("lang")
    def _compute_signature_html(self):
        for notice in self._together():
            lines = list(dict.fromkeys(filter(None, (notice.contact_name, notice.company_id.name))))
            notice.signature_html = notice._fragment("message_signature", {"signature": lines})

    # -- words and figures -----------------------------------------------------------------

    def _fragment(self, template, values):
        """The HTML of a placeholder. Its QWeb template is rendered once a batch for all values
        that differ in their texts only: it may ask whether a text is there, not what it says."""
        form = self._batch().once(
            ("form", template, self.env.lang, shape_of(values)),
            lambda: MessageForm(_without_line_ends(self._qweb(template, with_holes(values)))),
        )
        return form.filled(values)

    def _qweb(self, template, values):
        """Render one of our QWeb templates in the language of the context."""
        return self.env["ir.qweb"]._render(
            f"overdue_recovery.{template}", values, minimal_qcontext=True
        )

    def _figures(self):
        """Amounts and days in the language of the context."""
        key = "figures", self.env.lang
        return self._batch().once(key, lambda: MessageFigures(self.env))

    def _money(self, amount, currency):
        return self._figures().money(amount, currency)

    def _long_date(self, day):
        """The day with its month as a word, in the language of the context."""
        return self._figures().day(day, "long")

    def _enumerate(self, texts):
        """ "a", "a and b", "a, b and c"."""
        if len(texts) < 2:
            return "".join(texts)
        return self.env._("%(first)s and %(last)s", first=", ".join(texts[:-1]), last=texts[-1])


def _is_cost(line):
    """Whether a line asks for costs charged earlier."""
    return line.is_charge and line.kind == "listed"


def _in_fours(number):
    """An IBAN in groups of four, as banks print it; any other number as it is."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", number):
        return number
    return " ".join(re.findall(".{1,4}", number))


def _without_line_ends(page):
    page = _AFTER_TAG.sub(">", page)
    return _BEFORE_TAG.sub("<", page) if "\n" in page else page


def _oldest_first(lines):
    return sorted(lines, key=lambda line: (line.date_due or fields.Date.today(), line.id))


def _grouped(lines, key):
    """{key: [line, …]} in the order of the lines."""
    found = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return found


def _line_reference(line):
    return line.payment_reference or line.name
