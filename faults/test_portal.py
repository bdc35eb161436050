"""Forms sent several times at the same instant, to two processes of Odoo on one database.

Every request is a real one on a connection of its own. Whether two of them meet where it matters is
chance, so that several customers do each of these things.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from itertools import cycle
from threading import Barrier

import pytest
import requests

from dev import database
from dev.serve import served
from faults.station import station

TESTS = 6
ROUNDS = 3
TABS = 4
PASSWORD = "opens the portal"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
ITEM = re.compile(r'name="item" value="(\d+)"')


def day(number):
    """A day as forms send it."""
    return str(datetime.now(timezone.utc).date() + timedelta(days=number))


FORMS = {
    "promise": {"day": day(7)},
    "plan": {
        "what": "sign",
        "count": "2",
        "frequency": "monthly",
        "day": day(7),
        "signed_by": "Ann Lee",
    },
    "date": {"day": day(40)},
}
TABLES = {"promise": "recovery_promise", "plan": "recovery_plan", "date": "recovery_request"}


class Door:
    """One customer's two ways in: the link in a notice, and a login."""

    def __init__(self, made, token, login):
        self.made, self.login = made, login
        self.link = f"/recovery/l/{token}"
        self.cookies = None

    def count(self, table, partner="partner_id"):
        """How many rows of a table are the customer's."""
        query = f"SELECT COUNT(*) FROM {table} JOIN res_users ON res_users.partner_id = {{}}"
        query = query.format(f"{table}.{partner}") + " WHERE login = %s"
        return self.made.execute(query, [self.login])[0][0]


class Portal:
    """Servers, and customers who have done nothing yet."""

    def __init__(self, made, servers):
        self.servers = servers
        told = made.order("open_portal", password=PASSWORD)["value"]
        self.account, self.terms = told["account"], told["terms"]
        self.doors = (Door(made, *ways) for ways in told["ways"])

    def customers(self):
        """Those of one test."""
        return [next(self.doors) for _round in range(ROUNDS)]

    def tabs(self, door, *ways):
        """Windows that a customer has open, by these ways (``login``, ``link``) and on all
        servers in turn."""
        places = [(server, way) for way in ways for server in self.servers]
        return [
            getattr(Tab(server), f"by_{way}")(door)
            for (server, way), _tab in zip(cycle(places), range(TABS))
        ]


@pytest.fixture(scope="module")
def portal():
    with ExitStack() as stack:
        made = stack.enter_context(station("portal", TESTS * ROUNDS, database.test_template))
        made.order("cycle")
        servers = [stack.enter_context(served(made.name)) for _server in range(2)]
        yield Portal(made, servers)


class Tab:
    """A window of a customer's browser."""

    def __init__(self, server):
        self.server, self.base = server, ""
        self.session = requests.Session()
        self.session.trust_env = False

    def by_link(self, door):
        """Come by the link."""
        self.base = door.link
        return self

    def by_login(self, door):
        """Log in as a person does; further windows of the same browser are logged in already."""
        self.base = "/my/recovery"
        if door.cookies is None:
            token = CSRF.search(self.get("/web/login"))[1]
            values = {"login": door.login, "password": PASSWORD, "csrf_token": token}
            assert self.post("/web/login", values).status_code == 303
            door.cookies = self.session.cookies
        self.session.cookies.update(door.cookies)
        return self

    def get(self, path):
        """The HTML of a page."""
        answer = self.session.get(self.server + path, timeout=60)
        assert answer.status_code == 200, path
        return answer.text

    def post(self, path, values):
        """The answer to a form."""
        return self.session.post(self.server + path, values, allow_redirects=False, timeout=60)

    def fill_in(self, page):
        """A function that sends the form of an act; returns the answer's status."""
        html = self.get(f"{self.base}/form/{page}")
        form = {"csrf_token": CSRF.search(html)[1], "item": ITEM.findall(html), **FORMS[page]}
        return lambda: self.post(f"{self.base}/act/{page}", form).status_code

    def choose(self, account, terms):
        """A function that begins to pay what is overdue; returns whether it began."""
        path = f"{self.server}{self.base}/transaction/{account}/overdue"
        return lambda: (
            "result" in self.session.post(path, json={"params": terms}, timeout=60).json()
        )


def at_once(acts):
    """What these functions return when they begin together."""
    gate = Barrier(len(acts))

    def begin(act):
        gate.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


@pytest.mark.parametrize("page", FORMS)
def test_form_sent_in_several_tabs_is_done_once(portal, page):
    for door in portal.customers():
        answers = at_once([tab.fill_in(page) for tab in portal.tabs(door, "login")])
        assert answers == [303] * TABS, "whoever sends it again is thanked again"
        assert door.count(TABLES[page]) == 1


def test_same_promise_by_the_link_and_by_login_is_noted_once(portal):
    for door in portal.customers():
        answers = at_once([tab.fill_in("promise") for tab in portal.tabs(door, "login", "link")])
        assert answers == [303] * TABS
        assert door.count("recovery_promise") == 1


def test_promise_and_plan_about_the_same_item_are_not_both_made(portal):
    for door in portal.customers():
        pages = ["promise", "plan"] * (TABS // 2)
        windows = zip(portal.tabs(door, "login"), pages, strict=True)
        assert set(at_once([tab.fill_in(page) for tab, page in windows])) == {303, 422}
        assert door.count("recovery_promise") + door.count("recovery_plan") == 1


def test_payment_begun_in_several_tabs_begins_once(portal):
    for door in portal.customers():
        windows = portal.tabs(door, "login", "link")
        began = at_once([tab.choose(portal.account, portal.terms) for tab in windows])
        assert sorted(began) == [False, False, False, True]
        assert door.count("payment_transaction", "recovery_debtor_id") == 1
