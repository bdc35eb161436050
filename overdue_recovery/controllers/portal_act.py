import json

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from ..models.recovery_portal_act_base import FILE_COUNT, FILE_LIMIT, MB, FieldError
from .portal_base import RecoveryPortalBase, visitor_route

# Of one form with its files; what is larger is refused before it is read.
LARGEST_FORM = FILE_COUNT * FILE_LIMIT // 2 + MB
# Pages with a form, by what stands in their address.
PAGES = {
    "promise",
    "plan",
    "date",
    "paid",
    "wrong",
    "received",
    "help",
    "offer",
    "wishes",
    "autopay",
}


class RecoveryPortalAct(RecoveryPortalBase, http.Controller):
    """What a customer does besides paying. Forms are plain: they need no script; what is refused
    is said next to its field, and what was typed stays."""

    @visitor_route("/form/<string:page>", methods=["GET"])
    def act_page(self, visitor, page, **values):
        """The form of an act."""
        if page not in PAGES:
            return self._go_back(visitor)
        return self._show_act(visitor, page, values)

    @visitor_route("/act/promise", methods=["POST"])
    def promise(self, visitor, day=None, amount="", text="", reason=None, **_values):
        """Pay on a date."""
        acts = request.env["recovery.portal.act"]
        return self._act(
            visitor,
            "promise",
            lambda: acts._promise(visitor, self._ids(), day, amount, text, reason),
        )

    # the script asks for the installments again whenever the terms change
    @visitor_route("/act/plan", methods=["POST"], limit=60)
    def plan(self, visitor, what="show", **terms):
        """Pay in installments: show what the terms come to, sign them, or answer our offer."""
        acts = request.env["recovery.portal.act"]
        signs = {
            "sign": lambda: acts._sign_plan(
                visitor,
                self._ids(),
                terms,
                terms.get("signed_by"),
                terms.get("text"),
                terms.get("reason"),
            ),
            "accept": lambda: acts._accept_plan(visitor, terms.get("plan"), terms.get("signed_by")),
            "decline": lambda: acts._decline_plan(visitor, terms.get("plan")),
        }
        if what in signs:
            return self._act(visitor, "plan", signs[what], signs=True)
        try:
            shown = {"preview": acts._plan_preview(visitor, self._ids(), terms)}
        except UserError as error:
            return self._show_refusal(visitor, "plan", error)
        return self._show_act(visitor, "plan", terms, **shown)

    @visitor_route("/act/date", methods=["POST"])
    def date(self, visitor, day=None, text="", reason=None, **_values):
        """Ask for a new due date."""
        acts = request.env["recovery.portal.act"]
        return self._act(
            visitor, "date", lambda: acts._ask_date(visitor, self._ids(), day, text, reason)
        )

    @visitor_route("/act/paid", methods=["POST"], max_content_length=LARGEST_FORM)
    def paid(self, visitor, text="", reason=None, **_values):
        """ "I have paid"."""
        acts = request.env["recovery.portal.act"]
        return self._act(
            visitor,
            "paid",
            lambda: acts._say_paid(visitor, self._ids(), text, self._files(), reason),
        )

    @visitor_route("/act/wrong", methods=["POST"], max_content_length=LARGEST_FORM)
    def wrong(self, visitor, move=None, amount="", text="", reason=None, **_values):
        """Contest an invoice or a part of it."""
        acts = request.env["recovery.portal.act"]
        return self._act(
            visitor,
            "wrong",
            lambda: acts._dispute(visitor, move, amount, text, self._files(), reason),
        )

    @visitor_route("/act/received", methods=["POST"], limit=10)
    def received(self, visitor, move=None, text="", **_values):
        """ "I never received it"."""
        acts = request.env["recovery.portal.act"]
        return self._act(visitor, "received", lambda: acts._never_received(visitor, move, text))

    @visitor_route("/act/help", methods=["POST"])
    def help(self, visitor, company=None, text="", reason=None, **_values):
        """Ask for help."""
        acts = request.env["recovery.portal.act"]
        return self._act(visitor, "help", lambda: acts._ask_help(visitor, company, text, reason))

    @visitor_route("/act/offer", methods=["POST"])
    def offer(self, visitor, offer=None, answer="", amount="", day=None, text="", **values):
        """Answer an offer of ours."""
        acts = request.env["recovery.portal.act"]
        answers = {
            "accept": lambda: acts._accept_offer(visitor, offer),
            "decline": lambda: acts._decline_offer(visitor, offer),
            "counter": lambda: acts._counter_offer(
                visitor, offer, amount, day, text, values.get("reason")
            ),
        }
        if answer not in answers:
            return self._go_back(visitor)
        return self._act(visitor, "offer", answers[answer], signs=True)

    @visitor_route("/act/wishes", methods=["POST"])
    def wishes(self, visitor, what="keep", **values):
        """Keep the preferences, stop reminders, or take the stop back."""
        acts = request.env["recovery.portal.act"]
        changes = {
            "keep": lambda: acts._set_wishes(visitor, values),
            "stop": lambda: acts._stop(visitor),
            "go_on": lambda: acts._let_go_on(visitor),
        }
        if what not in changes:
            return self._go_back(visitor)
        answer = self._act(visitor, "wishes", changes[what], signs=True)
        if values.get("lang") and values["lang"] == visitor.partner.lang:
            # core asks this cookie first, and would speak as before until the next login
            answer.set_cookie("frontend_lang", visitor.partner.lang)
        return answer

    @visitor_route("/act/autopay", methods=["POST"], login_only=True)
    def autopay(self, visitor, company=None, card=None, agreed=None, revoke=None, **_values):
        """Agree to automatic payment from a saved card or account, or take it back."""
        acts = request.env["recovery.portal.act"]
        if revoke:
            return self._act(
                visitor, "autopay", lambda: acts._revoke_autopay(visitor, revoke), signs=True
            )
        return self._act(
            visitor,
            "autopay",
            lambda: acts._give_autopay(visitor, company, card, agreed),
            signs=True,
        )

    @visitor_route("/act/code", methods=["POST"], limit=5)
    def code(self, visitor, page="", **values):
        """Send who came by a link the code that signing takes."""
        if not visitor.link or page not in PAGES:
            return self._go_back(visitor)
        address = request.env["recovery.link.code"].sudo()._send_code(visitor.link)
        text = request.env._("A code is on its way to %s. It is good for ten minutes.", address)
        return self._show_act(visitor, page, values, said={"text": text, "kind": "info"})

    @visitor_route("/data", methods=["POST"], limit=10, login_only=True)
    def data(self, visitor, **_values):
        """A copy of what is kept about the customer."""
        found = request.env["recovery.portal.act"]._own_data(visitor)
        return request.make_response(
            json.dumps(found, ensure_ascii=False, indent=2),
            [
                ("Content-Type", "application/json; charset=utf-8"),
                ("Content-Disposition", content_disposition("own-data.json")),
            ],
        )

    # -- doing -----------------------------------------------------------------------------

    def _act(self, visitor, page, act, signs=False):
        """Do it and say so on the account page; or show the form again with what is wrong.

        :param act: function that does it and returns the text
        :param signs: whether only who may sign does it, by a link with a code
        """
        # two people of one customer, or one by two ways in
        turns = request.env["recovery.portal.visit"].sudo()
        turns._take_turns(f"debtor:{visitor.debtor.id}")
        try:
            with request.env.cr.savepoint():
                refusal = self._unsigned(visitor) if signs else None
                text = "" if refusal else act()
        except UserError as error:
            refusal = error
        if not refusal:
            return self._go_back(visitor, text)
        return self._show_refusal(visitor, page, refusal)

    def _unsigned(self, visitor):
        """Why this visitor can't sign. A wrong code is returned, not raised: its try counts."""
        if not visitor.may_sign:
            text = request.env._(
                "Only an invoice contact of %s can do this.", visitor.debtor.display_name
            )
            return FieldError("sign", text)
        codes, code = request.env["recovery.link.code"].sudo(), request.httprequest.form.get("code")
        if visitor.link and not codes._check_code(visitor.link, code):
            return FieldError("code", request.env._("This is not the code, or it is too old."))
        return None

    def _ids(self):
        """The items that were ticked, as texts."""
        return request.httprequest.form.getlist("item")

    def _files(self):
        """[(name, content)] of what was uploaded; of a file that is too large, a byte too many."""
        return [
            (file.filename, file.read(FILE_LIMIT + 1))
            for file in request.httprequest.files.getlist("file")
            if file.filename
        ]

    # -- showing ---------------------------------------------------------------------------

    def _show_refusal(self, visitor, page, refusal):
        """The form as it was filled in, with what is wrong."""
        form = request.httprequest.form
        shown = self._preview(visitor, form) if page == "plan" else {}
        response = self._show_act(visitor, page, form, refusal, **shown)
        response.status_code = 422
        return response

    def _preview(self, visitor, terms):
        """What the terms of a plan come to; nothing where they make none."""
        acts = request.env["recovery.portal.act"]
        try:
            return {"preview": acts._plan_preview(visitor, self._ids(), terms)}
        except UserError:
            return {}

    def _show_act(self, visitor, page, typed, refusal=None, **shown):
        """The page with the forms of an act.

        :param typed: what the fields hold, of the form that ``form`` names, else of all of them
        :param refusal: what was wrong with it
        :param shown: what else the page shows
        """
        form, wrong_field = typed.get("form"), getattr(refusal, "field", None)

        def of_form(key):
            return typed if form in (None, str(key)) else {}

        values = {
            **request.env["recovery.portal.act"]._form_values(visitor, page),
            "page": page,
            "typed": of_form,
            "ticked": self._ids(),
            "is_wrong": lambda field, key: field == wrong_field and form in (None, str(key)),
            "wrong_text": str(refusal or ""),
            **shown,
        }
        return self._show_page(visitor, f"portal_act_{page}", values)
