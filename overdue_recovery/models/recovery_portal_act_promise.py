from odoo import Command, api, fields, models

#: How often a customer may put a promise off by itself.
RENEWALS = 1


class RecoveryPortalActPromise(models.AbstractModel):
    """Pay on a date: within the company's days at once, put off once; beyond that we are asked."""

    _name = "recovery.portal.act.promise"
    _description = "Portal: pay on a date"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _promise(self, visitor, ids, day, amount="", text="", reason=None):
        """The customer pays these items, or ``amount`` of them, by ``day``.

        :return: what the page says
        :raise FieldError: what can't be promised
        """
        items = self._act_items(visitor, ids)
        company, currency = items.company_id, items.currency_id
        today = company._recovery_today()
        day = self._act_day(day, today, fields.Date.add(today, years=1))
        total = sum(items.mapped("amount_residual_currency"))
        amount = self._act_amount(amount, currency, total) if amount else total
        text, reason = self._act_text(text), self._act_reason(reason)
        case = self._act_case(visitor, company)
        earlier = self._earlier_promises(case, items)
        same = earlier.filtered(lambda one: self._is_same(one, items, amount, day))
        if same:
            return self._promised_sentence(same[:1])
        self._check_not_arranged(items, earlier)
        last = fields.Date.add(today, days=company.recovery_portal_promise_days)
        if day > last or len(earlier) > RENEWALS:
            return self._act_request(
                visitor,
                case,
                "promise",
                text,
                reason,
                move_line_ids=items,
                currency_id=currency.id,
                amount=amount,
                date_wanted=day,
            )
        return self._make_promise(visitor, case, items, earlier, amount, day, text, reason)

    def _make_promise(self, visitor, case, items, earlier, amount, day, text, reason):
        earlier.filtered(lambda one: one.state == "open").action_cancel()
        promise = (
            self.env["recovery.promise"]
            .sudo()
            .create(
                {
                    "origin": "portal",
                    "amount": amount,
                    "date_promised": day,
                    "tolerance_days": case.company_id.recovery_promise_tolerance_days,
                    "credits_aside": True,
                    "note": text,
                    "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
                }
            )
        )
        said = "\n".join(filter(None, (promise._terms_sentence(), text)))
        self._log_act(visitor, case, said, promise.name, **promise._log_details())
        case._note_late_reason(reason)
        if promise.state == "open" and case._may_be_answered():
            promise.action_send()
        return self._promised_sentence(promise)

    def _earlier_promises(self, case, items):
        """Promises of this case on one of these items that were not kept, or are open."""
        return case.promise_ids.filtered(
            lambda promise: promise.state != "kept" and promise.claim_ids.move_line_id & items
        )

    def _is_same(self, promise, items, amount, day):
        """Whether it was promised just so already: a second tab, or a form sent twice."""
        return (
            promise.state == "open"
            and promise.date_promised == day
            and promise.claim_ids.move_line_id == items
            and not promise.currency_id.compare_amounts(promise.amount, amount)
        )

    def _promised_sentence(self, promise):
        return self.env._(
            "Thank you. We have noted: %s We send no reminder about it until then.",
            promise._terms_sentence(),
        )
