import json
from pathlib import Path

from odoo.http import Controller
from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .portal import PortalCommon

MODULE = "odoo.addons.overdue_recovery"
# Every route of this addon, and what a request of it needs beyond who asks: an act's or a page's
# address with the ids of the first customer. A route that stands not here fails the suite; one of
# a controller that is for staff says so.
#
# {route: (methods, kind)}; kinds: "page" (reads), "act" (POST), "pay" (begins a payment), "static"
# (says the same to everybody), "staff" and "machine" (have tests of their own)
ROUTES = {
    "": ("GET", "page"),
    "/statement": ("GET", "page"),
    "/statement/pdf": ("POST", "act"),
    "/document/<int:move_id>": ("POST", "act"),
    "/pay": ("GET", "page"),
    "/transaction/<int:company_id>/<int:currency_id>/<string:choice>": ("POST", "pay"),
    "/form/<string:page>": ("GET", "page"),
    "/act/promise": ("POST", "act"),
    "/act/plan": ("POST", "act"),
    "/act/date": ("POST", "act"),
    "/act/paid": ("POST", "act"),
    "/act/wrong": ("POST", "act"),
    "/act/received": ("POST", "act"),
    "/act/help": ("POST", "act"),
    "/act/offer": ("POST", "act"),
    "/act/wishes": ("POST", "act"),
    "/act/autopay": ("POST", "act"),
    "/act/code": ("POST", "act"),
    "/data": ("POST", "act"),
    "/recovery/thanks": ("GET", "static"),
    "/recovery/own_data/<int:partner_id>": ("GET", "staff"),
    "/recovery/agency/<int:agency>/event": ("POST", "machine"),
}
LOGIN_ONLY = {"/statement", "/statement/pdf", "/act/autopay", "/data"}
WAYS_IN = ("/my/recovery", "/recovery/l/<string:token>")
BAD_TOKENS = ("x", "x" * 16, "x" * 32, "%00" * 10, "a%20b", "x" * 3000, "é" * 32)


def routes_of_the_addon():
    """{address: routing options} of every route in the addon's controllers."""
    found, waiting = {}, [Controller]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if not cls.__module__.startswith(f"{MODULE}."):
            continue
        for member in vars(cls).values():
            routing = getattr(member, "original_routing", None)
            found.update(dict.fromkeys(routing["routes"], routing) if routing else {})
    return found


@tagged("post_install", "-at_install")
class TestPortalSecurity(PortalCommon):
    """Who must not see, does not; what only looks, changes nothing; money is what is owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_contact = cls.env["res.partner"].create(
            {"name": "Other", "parent_id": cls.partner_b.id}
        )
        cls.other_company = cls.env["res.company"].create({"name": "Other company"})
        cls.people = {
            "customer_b": cls._person("base.group_portal", cls.company, cls.other_contact),
            "salesperson": cls._person("base.group_user,base.group_partner_manager"),
            "auditor": cls._person("overdue_recovery.group_auditor"),
            "collector_b": cls._person("account.group_account_invoice", cls.other_company),
        }

    @classmethod
    def _person(cls, groups, company=None, partner=None):
        company = company or cls.company
        login = f"security_{groups.split('.')[-1]}_{company.id}"
        values = {"partner_id": partner.id} if partner else {}
        return new_test_user(
            cls.env,
            login,
            password=login,
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
            **values,
        )

    def setUp(self):
        super().setUp()
        self.links = self._links()
        self.token = self.links[self.partner_a]
        self.base = f"/recovery/l/{self.token}"

    # -- the table of routes ---------------------------------------------------------------

    def test_every_route_of_the_addon_stands_in_the_table(self):
        found = {}
        for address, routing in routes_of_the_addon().items():
            for way in WAYS_IN:
                if address.startswith(way):
                    address = address.removeprefix(way)
                    break
            found[address] = "/".join(sorted(routing.get("methods") or ["POST"]))
        self.assertEqual(found, {path: methods for path, (methods, _kind) in ROUTES.items()})

    def test_no_route_lets_a_link_in_where_only_a_login_may(self):
        addresses = routes_of_the_addon()
        for path in LOGIN_ONLY:
            self.assertNotIn(f"{WAYS_IN[1]}{path}", addresses)

    def _addresses(self, kind, base):
        """[(address of the first customer's matter, methods)] of a kind of routes."""
        values = {
            "<int:move_id>": self.invoice_a.id,
            "<string:page>": "promise",
            "<int:company_id>": self.company.id,
            "<int:currency_id>": self.company.currency_id.id,
            "<string:choice>": f"items-{self._items(self.invoice_a).id}",
        }
        for path, (methods, own_kind) in ROUTES.items():
            if own_kind != kind or (path in LOGIN_ONLY and base != "/my/recovery"):
                continue
            for name, value in values.items():
                path = path.replace(name, str(value))
            yield f"{base}{path}", methods

    # -- who must not ----------------------------------------------------------------------

    def _secrets(self):
        """What only the first customer may read."""
        return (self.invoice_a.name, self.partner_a.name, self.token)

    def _assert_tells_nothing(self, response):
        for secret in self._secrets():
            self.assertNotIn(secret, response.text)
        self.assertNotIn(self.invoice_a._portal_ensure_token(), response.text)

    def test_other_people_get_nothing_of_a_customer_on_any_route(self):
        for role, user in self.people.items():
            self.authenticate(user.login, user.login)
            self.env.flush_all()
            for kind in ("page", "act"):
                for address, methods in self._addresses(kind, "/my/recovery"):
                    with self.subTest(role=role, address=address):
                        ask = self._post if methods == "POST" else self._get
                        self._assert_tells_nothing(ask(address))
            for address, _methods in self._addresses("pay", "/my/recovery"):
                with self.subTest(role=role, address=address):
                    self._assert_no_payment(address)

    def _assert_no_payment(self, address, **values):
        transactions = self.env["payment.transaction"].sudo()
        before = transactions.search_count([])
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.make_jsonrpc_request(address, self._pay_values(**values))
        self.assertEqual(transactions.search_count([]), before)

    def test_a_link_opens_no_other_customers_documents_and_pays_none(self):
        base = f"/recovery/l/{self.links[self.partner_b]}"
        self._assert_tells_nothing(self._post(f"{base}/document/{self.invoice_a.id}"))
        for address, _methods in self._addresses("pay", base):
            self._assert_no_payment(address)

    def test_every_bad_link_gets_the_same_page(self):
        neutral = self._get(f"/recovery/l/{'y' * 32}")
        self.assertEqual(neutral.status_code, 404)
        altered = self.token[:-1] + ("A" if self.token[-1] != "A" else "B")
        for token in (*BAD_TOKENS, altered, self.token.swapcase()):
            for path in ("", "/pay", f"/pay?company={self.company.id}"):
                with self.subTest(token=token[:20], path=path):
                    page = self._get(f"/recovery/l/{token}{path}")
                    self.assertEqual((page.status_code, page.content), (404, neutral.content))

    def test_a_link_ends_with_its_matter(self):
        neutral = self._get(f"/recovery/l/{'y' * 32}").content
        link = self.env["recovery.link"].sudo()._find(self.token)
        ends = {
            "paid": lambda: self._pay(self.invoice_a),
            "bounced": lambda: link.delivery_id._on_bounce(),
            "cancelled": lambda: link.notice_id.action_cancel(),
            "revoked": lambda: link._revoke([("id", "=", link.id)]),
            "case closed": lambda: link.notice_id.case_id.sudo().write({"date_closed": self.today}),
        }
        for name, end in ends.items():
            savepoint = self.env.cr.savepoint()
            with self.subTest(end=name):
                self.assertEqual(self._get(self.base).status_code, 200)
                end()
                self.env.flush_all()
                self.assertEqual(self._get(self.base).content, neutral)
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        with self.on(30):
            self.assertEqual(self._get(self.base).status_code, 200)
        with self.on(31):
            self.assertEqual(self._get(self.base).content, neutral)

    # -- looking changes nothing -----------------------------------------------------------

    def _fingerprint(self):
        """{table: (rows, newest writer)} of everything in the database that a visit could touch."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT tablename FROM pg_tables WHERE schemaname = 'public'
                AND (tablename ~ '^(dunning|recovery|account|payment|mail|ir_attachment)'
                     OR tablename IN ('res_partner', 'res_users'))"""
        )
        found = {}
        for (table,) in self.env.cr.fetchall():
            digest = "md5(string_agg(t::text, ',' ORDER BY t::text))"
            self.env.cr.execute(f'SELECT COUNT(*), {digest} FROM "{table}" t')
            found[table] = self.env.cr.fetchone()
        return found

    def test_mail_scanners_change_nothing(self):
        addresses = [address for address, _methods in self._addresses("page", self.base)]
        query = f"company={self.company.id}&currency={self.company.currency_id.id}&what=overdue"
        addresses += [f"{self.base}/pay?{query}", f"{self.base}?said=x", "/recovery/thanks"]
        self._get(self.base)  # what is made once, as compiled pages, is there
        before = self._fingerprint()
        for address in addresses:
            for method in ("GET", "HEAD"):
                with self.subTest(address=address, method=method):
                    answer = self.opener.request(
                        method, self.base_url() + address, allow_redirects=False
                    )
                    self.assertIn(answer.status_code, (200, 303))
        self.assertEqual(self._fingerprint(), before)

    def test_acts_are_not_to_be_had_by_get(self):
        for base in (self.base, "/my/recovery"):
            for address, _methods in self._addresses("act", base):
                with self.subTest(address=address):
                    self.assertEqual(self._get(address).status_code, 405)

    def test_acts_need_the_sessions_token_against_forgery(self):
        before = self._fingerprint()
        for address, _methods in self._addresses("act", self.base):
            for values in ({}, {"csrf_token": "x"}):
                with self.subTest(address=address), mute_logger("odoo.http"):
                    answer = self.url_open(address, data={**values, "a": "b"})
                    self.assertEqual(answer.status_code, 400)
        self.assertEqual(self._fingerprint(), before)

    # -- headers, tokens -------------------------------------------------------------------

    def test_every_answer_is_private_and_no_core_token_is_in_it(self):
        self._login()
        token = self.invoice_a._portal_ensure_token()
        self.env.flush_all()
        query = f"company={self.company.id}&currency={self.company.currency_id.id}"
        addresses = [
            *(address for address, _methods in self._addresses("page", "/my/recovery")),
            *(address for address, _methods in self._addresses("page", self.base)),
            f"{self.base}/pay?{query}",
            f"/my/recovery/pay?{query}",
            "/recovery/thanks",
            "/recovery/l/x",
        ]
        for address in addresses:
            with self.subTest(address=address):
                page = self._get(address)
                self.assertNotIn(token, page.text)
                self.assertIn("noindex", page.headers["X-Robots-Tag"])
                self.assertEqual(page.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(page.headers["Cache-Control"], "no-store")

    def test_the_secret_is_kept_nowhere(self):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT table_name, column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')
                  AND table_name ~ '^(dunning|recovery|mail)'"""
        )
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT COUNT(*) FROM "{table}" WHERE "{column}" LIKE %s', [f"%{self.token}%"]
            )
            self.assertEqual(self.env.cr.fetchone()[0], 0, f"{table}.{column}")

    # -- money -----------------------------------------------------------------------------

    def test_what_a_client_says_of_the_amount_is_not_looked_at(self):
        for amount in (0.01, -5, 10**9, None, "x"):
            savepoint = self.env.cr.savepoint()
            tx = self._transaction(self.base, amount=amount)
            self.assertEqual((tx.amount, tx.currency_id), (100.0, self.company.currency_id))
            self.assertEqual(tx.partner_id, self.partner_a)
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_amounts_beyond_what_is_open_are_refused(self):
        route = f"{self.base}/transaction/{self.company.id}"
        own, foreign = self.company.currency_id.id, self.env.ref("base.JPY").id
        theirs = self._items(self.invoice_b).id
        choices = ("amount-0", "amount--5", "amount-100.01", "amount-1e2", "amount-0.001")
        choices += ("amount-nan", "items-", f"items-{theirs}", "items-0", "x", "installment-1")
        for choice in choices:
            with self.subTest(choice=choice):
                self._assert_no_payment(f"{route}/{own}/{choice}")
        self._assert_no_payment(f"{route}/{foreign}/overdue")
        self._assert_no_payment(f"{self.base}/transaction/{self.other_company.id}/{own}/overdue")

    def test_a_second_tab_and_a_replayed_form_begin_no_second_payment(self):
        route = f"{self.base}/transaction/{self.company.id}/{self.company.currency_id.id}/overdue"
        tx = self._transaction(self.base)
        self._assert_no_payment(route)
        tx._set_pending()
        self._assert_no_payment(route)
        tx._set_done()
        self._assert_no_payment(route)
        tx._post_process()
        self.env.flush_all()
        self._assert_no_payment(route)
        self.assertEqual(self.invoice_a.payment_state, "paid")

    def test_a_link_sees_and_uses_no_saved_card(self):
        token = self._create_token(partner_id=self.partner_a.id)
        query = f"company={self.company.id}&currency={self.company.currency_id.id}"
        page = self._get(f"{self.base}/pay?{query}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("o_payment_token_", page.text)
        route = f"{self.base}/transaction/{self.company.id}/{self.company.currency_id.id}/overdue"
        self._assert_no_payment(route, token_id=token.id, flow="token")
        tx = self._transaction(self.base, tokenization_requested=True)
        self.assertFalse(tx.tokenize)

    # -- rates, remote calls ---------------------------------------------------------------

    def test_rates_are_counted_in_the_database_for_each_visitor_and_purpose(self):
        visits = self.env["recovery.portal.visit"].sudo()
        allowed = [visits._allow("somebody", "x", limit=2) for _time in range(3)]
        self.assertEqual(allowed, [True, True, False])
        self.assertTrue(visits._allow("somebody", "y", limit=2))
        self.assertTrue(visits._allow("another", "x", limit=2))
        with self.on(1):
            self.assertTrue(visits._allow("somebody", "x", limit=2))
            visits._gc_expired()
        self.assertNotIn("somebody", json.dumps(visits.search([]).mapped("key")))

    def test_acts_beyond_the_limit_are_refused(self):
        self.env["recovery.portal.visit"].sudo()._allow("x", "x", 1)
        link = self.env["recovery.link"].sudo()._find(self.token)
        for _time in range(30):
            self.env["recovery.portal.visit"].sudo()._allow(
                f"link:{link.id}", "/document/<int:move_id>", 30
            )
        answer = self._post(f"{self.base}/document/{self.invoice_a.id}")
        self.assertEqual(answer.status_code, 429)

    def test_customers_reach_no_model_of_ours_by_remote_call(self):
        self._login()
        for model in ("recovery.link", "recovery.link.code", "recovery.portal.visit"):
            for method, args in (("search_read", [[]]), ("create", [{}]), ("_find", [self.token])):
                with (
                    self.subTest(model=model, method=method),
                    self.assertRaises(JsonRpcException),
                    mute_logger("odoo.http"),
                ):
                    self.make_jsonrpc_request(
                        f"/web/dataset/call_kw/{model}/{method}",
                        {"model": model, "method": method, "args": args, "kwargs": {}},
                    )

    def test_templates_put_out_no_text_unescaped(self):
        folder = Path(__file__).parents[1] / "views"
        for path in folder.glob("*portal*.xml"):
            self.assertNotIn("t-raw", path.read_text())
        self.partner_a.name = "<script>alert(1)</script>"
        self.env.flush_all()
        self._login()
        for path in ("", "/statement"):
            self.assertNotIn("<script>alert", self._get(f"/my/recovery{path}").text)

    # -- one-time codes --------------------------------------------------------------------

    def _code(self, link):
        with self.mock_mail_gateway(mail_unlink_sent=True):
            told = self.env["recovery.link.code"]._send_code(link)
        [mail] = self._mails
        self.assertEqual(mail["email_to"], [self.partner_a.email])
        self.assertNotIn(self.partner_a.email, told)
        return next(word for word in mail["body"].replace(".", " ").split() if word.isdecimal())

    def test_a_code_is_good_once_for_ten_minutes_and_five_tries(self):
        codes = self.env["recovery.link.code"]
        link = self.env["recovery.link"].sudo()._find(self.token)
        code = self._code(link)
        wrong = f"{(int(code) + 1) % 10**6:06}"
        self.assertFalse(codes._check_code(link, wrong))
        self.assertFalse(codes._check_code(link, None))
        self.assertTrue(codes._check_code(link, f" {code[:3]} {code[3:]}"))
        self.assertFalse(codes._check_code(link, code))
        code = self._code(link)
        for _time in range(5):
            self.assertFalse(codes._check_code(link, "x"))
        self.assertFalse(codes._check_code(link, code))
        code = self._code(link)
        with self.on(0, hour=10):
            self.assertFalse(codes._check_code(link, code))
        other = self.env["recovery.link"].sudo()._find(self.links[self.partner_b])
        self.assertFalse(codes._check_code(other, code))
        self.assertNotIn(code, codes.sudo().search([]).mapped("digest"))
