from odoo import http
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from .portal_base import LINK_PATH, LOGIN_PATH, RecoveryPortalBase, _private, visitor_route

# Core's own page posts these and no others.
TRANSACTION = "/transaction/<int:company_id>/<int:currency_id>/<string:choice>"


class RecoveryPortalPay(RecoveryPortalBase, PortalAccount):
    """Paying, by any provider that is installed: what is to be paid is worked out by the server
    when the page is made and again when the payment begins; what a client says of the amount is
    not looked at."""

    @visitor_route("/pay", methods=["GET"])
    def recovery_pay(self, visitor, company=None, currency=None, what=None, **values):
        """Choose a way to pay what was chosen. Shows only: nothing begins."""
        words = {
            "items": "-".join(["items", *request.httprequest.args.getlist("item")]),
            "installment": f"installment-{values.get('installment')}",
            "amount": f"amount-{values.get('amount')}",
        }
        payment = request.env["recovery.portal"]._payment(
            visitor,
            self._cast_as_int(company),
            self._cast_as_int(currency),
            words.get(what, "overdue"),
        )
        return self._show_page(visitor, "portal_recovery_pay", self._pay_values(visitor, payment))

    @http.route(
        [f"{LOGIN_PATH}{TRANSACTION}", f"{LINK_PATH}{TRANSACTION}"], type="jsonrpc", auth="public"
    )
    def recovery_transaction(self, company_id, currency_id, choice, token=None, **kwargs):
        """Begin a payment. ``kwargs`` are the payment form's; amount, currency, customer and the
        page to land on are the server's."""
        visitor = self._visitor(token)
        if not visitor:
            raise ValidationError(request.env._("This page is no longer open."))
        kwargs.pop("access_token", None)
        self._validate_transaction_kwargs(kwargs)
        portal = request.env["recovery.portal"]
        payment = portal._payment(visitor, company_id, currency_id, choice)
        values = portal._transaction_values(visitor, payment)
        tx = self._create_transaction(
            custom_create_values=values, **self._safe_kwargs(visitor, payment, kwargs)
        )
        return tx._get_processing_values()

    @http.route(
        "/recovery/thanks",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def recovery_thanks(self, **_values):
        """Where a payment ends: who is logged in is back on the account; for others the link may be
        over by then, and the page says the same to all of them."""
        is_off = PaymentPostProcessing()._get_monitored_transaction().state in ("cancel", "error")
        visitor = self._visitor()
        if not visitor:
            return _private(self._plain_page("portal_not_paid" if is_off else "portal_thanks", 200))
        if is_off:
            text = request.env._("The payment was not made, and nothing was taken. Try again?")
            return _private(self._go_back(visitor, text, kind="warning"))
        text = request.env._("Thank you. What has arrived of your payment is no longer open here.")
        return _private(self._go_back(visitor, text))

    def _safe_kwargs(self, visitor, payment, kwargs):
        """The form's arguments with all that matters replaced.

        :raise UserError: a saved card, by a link: whoever has it is not who saved the card
        """
        if visitor.link and (kwargs.get("token_id") or kwargs.get("flow") == "token"):
            raise UserError(request.env._("Log in to pay with a saved payment method."))
        tokenizes = not visitor.link and kwargs.get("tokenization_requested")
        return {
            **kwargs,
            "amount": payment.amount,
            "currency_id": payment.account.currency.id,
            "partner_id": self._payer(visitor).id,
            "reference_prefix": visitor.notice.name or f"RP{visitor.debtor.id}",
            "landing_route": "/recovery/thanks",
            "tokenization_requested": bool(tokenizes),
            "is_validation": False,
        }

    def _payer(self, visitor):
        """Who the provider knows as the customer."""
        return visitor.debtor if visitor.link else visitor.partner

    def _pay_values(self, visitor, payment):
        company, currency = payment.company, payment.account.currency
        portal = request.env["recovery.portal"]
        route = f"{visitor.base}/transaction/{company.id}/{currency.id}/{payment.choice.text}"
        values = self._get_common_page_view_values(
            {
                "partner": self._payer(visitor),
                "company": company,
                "total_amount": payment.amount,
                "currency": currency,
                "amount_residual": payment.amount,
                "landing_route": "/recovery/thanks",
                "transaction_route": route,
            }
        )
        if visitor.link:
            self._without_cards(values)
        return {
            **portal._common_values(visitor),
            **values,
            "amount": payment.amount,
            "payment": payment,
            "bank": portal._bank_details(visitor, payment),
            "items": [one for one in payment.account.items if one.id in payment.parts],
        }

    def _without_cards(self, values):
        """No saved payment methods for who is not logged in, neither to see nor to make."""
        shown = values["show_tokenize_input_mapping"]
        values["tokens_sudo"] = values["tokens_sudo"].browse()
        values["show_tokenize_input_mapping"] = dict.fromkeys(shown, False)
