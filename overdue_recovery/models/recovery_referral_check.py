from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calc import demand
from ..calc import referral as calc


class RecoveryReferralCheck(models.AbstractModel):
    """Whether items may go to an agency: every reason why not, the same on screen and in the act.

    Why an item is not ripe is what the decision on notices says (``_dunning_blockers``), read by
    ``calc.referral.obstacles``; the rest are conditions of the agency and of the file.
    """

    _name = "recovery.referral.check"
    _description = "Referral: whether it may be made"

    reasons = fields.Text(
        string="Why not yet", compute="_compute_reasons", help="Empty: it may be placed."
    )
    late_reason_asked = fields.Boolean(
        string="Asked why it is late",
        help="The customer was asked, whether it answered or not. A noted reason says so too.",
    )

    @api.depends("state", "agency_id", "line_ids.move_line_id", "late_reason_asked")
    @api.depends_context("lang")
    def _compute_reasons(self):
        waiting = self.filtered(lambda one: one.state in ("draft", "checked", "approved"))
        obstacles = waiting._obstacles()
        for referral in self:
            referral.reasons = "\n".join(obstacles.get(referral, ()))

    def action_check(self):
        """Check that everything is ready for the agency.

        :raise UserError: with all the reasons why it is not
        """
        self.check_access("write")
        for referral in self:
            if "checked" not in referral._transitions[referral.state]:
                raise UserError(referral._illegal_transition_message("checked"))
            referral.sudo()._refresh_amounts()
        self._check_obstacles()
        self._set_state("checked")
        return True

    def _check_obstacles(self):
        for referral, reasons in self._obstacles().items():
            if reasons:
                raise UserError(
                    self.env._(
                        "%(referral)s can't be placed with %(agency)s:\n%(reasons)s",
                        referral=referral.name,
                        agency=referral.agency_id.display_name,
                        reasons="\n".join(reasons),
                    )
                )

    def _obstacles(self):
        """{referral: sentences why it may not be placed now}."""
        return {
            referral: [
                *self._obstacles_of_items(
                    referral.agency_id, referral.line_ids.move_line_id, referral
                ),
                *self._obstacles_of_file(
                    referral.agency_id,
                    referral.case_id,
                    {line.move_line_id: line.amount for line in referral.line_ids},
                    referral.late_reason_asked,
                ),
            ]
            for referral in self
        }

    # -- items -----------------------------------------------------------------------------

    @api.model
    def _obstacles_of_items(self, agency, items, but=None):
        """Sentences why these items may not be placed, each with its documents.

        :param but: recovery.referral that they stand in
        """
        documents = defaultdict(list)
        for item, texts in self._item_obstacles(agency, items, but).items():
            for text in texts:
                documents[text].append(item.move_id.name or item.display_name)
        return [
            self.env._("%(documents)s: %(why)s", documents=", ".join(names), why=text)
            for text, names in documents.items()
        ]

    @api.model
    def _item_obstacles(self, agency, items, but=None):
        """{item: sentences why it may not be placed}, for many items at a time."""
        reasons = self.env["account.move.line"]._dunning_blockers(items.ids)
        elsewhere = self._elsewhere(items, but)
        exclusive = self._exclusive(agency, items)
        takes_costs = agency.unpaid_charges == "handed_over"
        found = {}
        for item in items:
            texts = {reason.code: reason.text for reason in reasons[item.id]}
            texts["not_last"] = self.env._("Its last notice is not handed over yet.")
            codes = calc.obstacles(
                [reason.code for reason in reasons[item.id]],
                item.dunning_level_id.refer,
                takes_costs,
            )
            found[item] = (
                [self.env._("It is paid.")] if item.reconciled else [texts[code] for code in codes]
            )
            found[item] += filter(None, (elsewhere.get(item), exclusive.get(item)))
        return found

    def _elsewhere(self, items, but):
        """{item: sentence}, of those that stand in another referral that is not sent yet; what is
        sent rests, which is a reason of its own."""
        lines = self.env["recovery.referral.line"].sudo()
        domain = [
            ("move_line_id", "in", items.ids),
            ("referral_id.state", "in", ("draft", "checked", "approved")),
            ("referral_id", "not in", but.ids if but else []),
        ]
        return {
            line.move_line_id.with_env(self.env): self.env._(
                "It stands in the referral %s too.", line.referral_id.name
            )
            for line in lines.search(domain)
        }

    def _exclusive(self, agency, items):
        """{item: sentence}, of those that another agency has the exclusive right to collect."""
        lines = self.env["recovery.referral.line"].sudo()
        domain = [
            ("move_line_id", "in", items.ids),
            ("referral_id.agency_id", "!=", agency.id),
            ("referral_id.exclusive_until", ">=", agency.company_id._recovery_today()),
            ("referral_id.state", "!=", "rejected"),
        ]
        return {
            line.move_line_id.with_env(self.env): self.env._(
                "%(agency)s has the exclusive right until %(day)s.",
                agency=line.referral_id.agency_id.display_name,
                day=line.referral_id.exclusive_until,
            )
            for line in lines.search(domain)
        }

    # -- the file and the agency -----------------------------------------------------------

    @api.model
    def _obstacles_of_file(self, agency, case, amounts, asked=False):
        """Sentences why nothing of this customer may be placed with this agency now.

        :param amounts: {item: amount to place in its currency}
        """
        debtor = case.partner_id
        checks = [
            (agency.active, self.env._("%s is archived.", agency.display_name)),
            (
                agency.is_reviewed,
                self.env._(
                    "The review of %s is over: review it before anything new is placed with it.",
                    agency.display_name,
                ),
            ),
            (
                not agency.country_ids or debtor.country_id in agency.country_ids,
                self.env._(
                    "%(agency)s may not collect in %(country)s.",
                    agency=agency.display_name,
                    country=debtor.country_id.name or self.env._("a country that is not known"),
                ),
            ),
            *self._checks_of_amount(agency, amounts),
            (
                debtor._recovery_postal_address(),
                self.env._("The customer's address is incomplete."),
            ),
            (
                debtor.phone or debtor._recovery_recipients("email"),
                self.env._("The customer has neither an e-mail address nor a phone number."),
            ),
            (
                asked or self._is_reason_known(case, amounts),
                self.env._("The customer was not asked why it is late."),
            ),
            *self._checks_of_documents(agency, amounts),
        ]
        return [text for holds, text in checks if not holds]

    def _checks_of_amount(self, agency, amounts):
        today = agency.company_id._recovery_today()
        value = sum(
            item.currency_id._convert(amount, agency.currency_id, agency.company_id, today)
            for item, amount in amounts.items()
        )
        yield (
            agency.currency_id.compare_amounts(value, agency.amount_minimum) >= 0,
            self.env._(
                "%(agency)s takes nothing below %(amount)s.",
                agency=agency.display_name,
                amount=agency.currency_id.format(agency.amount_minimum),
            ),
        )
        covered = [item.move_id.name for item, amount in amounts.items() if amount <= 0]
        yield (
            not covered,
            self.env._("%s: nothing is left to demand.", ", ".join(map(str, covered))),
        )

    def _is_reason_known(self, case, amounts):
        """sudo: that there is a reason is no secret, which one it is may be."""
        documents = self.env["account.move"].union(*(item.move_id for item in amounts))
        return bool(case.sudo().late_reason_id or documents.sudo().late_reason_id)

    def _checks_of_documents(self, agency, amounts):
        """An invoice can be printed whenever it is wanted; other entries need their document."""
        moves = self.env["account.move"].union(*(item.move_id for item in amounts))
        entries = moves.filtered(lambda move: not move.is_invoice(include_receipts=True))
        missing = entries.filtered(lambda move: not move.message_main_attachment_id)
        yield (
            not (agency.wants_invoices and missing),
            self.env._(
                "%s: attach the document that proves the debt.",
                ", ".join(missing.mapped("display_name")),
            ),
        )

    # -- amounts ---------------------------------------------------------------------------

    @api.model
    def _amounts_to_place(self, items):
        """{item: what may be demanded of it, less the customer's open credits}, in its currency;
        items of one debtor and currency."""
        company, debtor = items[:1]._recovery_company(), items.partner_id._recovery_debtor()
        currency, today = items.currency_id, company._recovery_today()
        left = {}
        for facts in self.env["dunning.measure"]._debtors(company, today, debtor.ids):
            rows = [
                (item.key, item.date_due, item.demandable)
                for item in (*facts.items, *facts.costs)
                if item.currency == currency.id
            ]
            credits = sum(
                credit.amount for credit in facts.credits if credit.currency_id == currency.id
            )
            left = demand.net(rows, credits)
        return {
            item: currency.round(left[item.id] * currency.rounding)
            if item.id in left
            else max(0.0, item.amount_residual_currency)
            for item in items
        }

    def _refresh_amounts(self):
        """What is placed is what may be demanded now.

        sudo: whoever checks, the lines are the referral's.
        """
        self.ensure_one()
        items = self.line_ids.move_line_id.filtered(lambda item: not item.reconciled)
        amounts = self._amounts_to_place(items) if items else {}
        for line in self.line_ids:
            amount = amounts.get(line.move_line_id, 0.0)
            if self.currency_id.compare_amounts(line.amount, amount):
                line.amount = amount
