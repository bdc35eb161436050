"""The portal's door: who is let in, and how it answers. Everything of the portal goes through here.

A page or an act is a method of a controller with ``RecoveryPortalBase``, below ``@visitor_route``,
which serves it on both ways in (``/my/recovery…`` and ``/recovery/l/<token>…``) and gives it the
``Visitor`` instead of a session::

    class RecoveryPortalPromise(RecoveryPortalBase, http.Controller):
        @visitor_route("/promise", methods=["POST"], limit=10)
        def promise(self, visitor, date=None, **_values):
            request.env["recovery.request"].sudo()._promise(visitor, date)
            return self._go_back(visitor, request.env._("Thank you."))

* Bad links get one neutral page, people without login the login page; the method is not called.
* ``GET`` changes nothing (the cursor is read-only), acts are ``POST`` with CSRF, counted by
  ``recovery.portal.visit`` for each visitor and path; a ``UserError`` is shown on the account page.
* Every answer has the headers of `PRIVATE`.

A card on the account page is a ``<section id="…" class="o_recovery_card">`` put into the template
``overdue_recovery.recovery_portal_cards`` by inheritance; it knows ``visitor``, ``pages``
(``PortalCompany`` of ``models/recovery_portal_facts.py``), ``portal`` (``recovery.portal``) and
``day`` (a function). Messages link to ``#later``, ``#wrong`` and ``#help``. Further values for the
template: extend ``recovery.portal._page_values(visitor)``.
"""

from urllib.parse import quote

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

# Nobody indexes, keeps or passes on what stands here.
PRIVATE = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
LOGIN_PATH = "/my/recovery"
LINK_PATH = "/recovery/l/<string:token>"
SAID = "recovery_said"
# Acts of one visitor on one path within an hour.
ACTS = 30


def visitor_route(path, methods, limit=ACTS, login_only=False, **routing):
    """Serve a controller's method on both ways in.

    :param path: after ``/my/recovery`` or the link; may hold parameters
    :param methods: ``["GET"]`` for what changes nothing, ``["POST"]`` for acts
    :param limit: how often a visitor may POST it within an hour
    :param login_only: not for links, which show one notice's matter only
    """
    paths = [f"{LOGIN_PATH}{path}", *([] if login_only else [f"{LINK_PATH}{path}"])]
    reads = "POST" not in methods

    def decorate(method):
        def answer(self, token=None, **values):
            values.pop("visitor", None)
            visitor = self._visitor(token)
            if not visitor:
                return self._refuse(token)
            if not reads and not self._may_act(visitor, path, limit):
                return self._too_often()
            return _private(self._answer(method, visitor, values))

        answer.__name__, answer.__doc__ = method.__name__, method.__doc__
        options = {"website": True, "sitemap": False, "readonly": reads, **routing}
        return http.route(paths, type="http", auth="public", methods=methods, **options)(answer)

    return decorate


def _private(response):
    response.headers.update(PRIVATE)
    return response


class RecoveryPortalBase:
    """What pages and acts of the portal have in common; no controller itself, so that each is one
    of its own and no method meets a namesake of core's portal."""

    def _visitor(self, token=None):
        """The ``Visitor``: of the link where there is a token, else of the session; None for
        nobody. The rest of the request speaks their language."""
        visitors = request.env["recovery.portal.visitor"].sudo()
        visitor = visitors._of_link(token) if token else visitors._of_user(request.env.user)
        if visitor and visitor.lang:
            request.update_context(lang=visitor.lang)
        return visitor

    def _answer(self, method, visitor, values):
        """The method's response; what it refuses is said on the account page, and nothing of it
        stays."""
        try:
            with request.env.cr.savepoint():
                return method(self, visitor, **values)
        except UserError as error:
            return self._go_back(visitor, str(error), kind="warning")

    def _may_act(self, visitor, path, limit):
        return request.env["recovery.portal.visit"].sudo()._allow(visitor.key, path, limit)

    # -- answers ---------------------------------------------------------------------------

    def _show_page(self, visitor, template, values):
        """A page of the portal. ``template``: XML id within this addon."""
        return request.render(
            f"overdue_recovery.{template}",
            {
                "visitor": visitor,
                "said": request.session.pop(SAID, None),
                "page_name": "recovery",
                "no_breadcrumbs": bool(visitor.link),
                "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
                **values,
            },
        )

    def _go_back(self, visitor, text="", kind="success", anchor=""):
        """To the account page, which says ``text``.

        :param kind: of the alert: ``success``, ``info`` or ``warning``
        """
        if text:
            request.session[SAID] = {"text": text, "kind": kind}
        return request.redirect(f"{visitor.base}{anchor}", code=303)

    def _send_file(self, name, content):
        """A PDF to keep."""
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", http.content_disposition(name)),
                ("Content-Length", str(len(content))),
            ],
        )

    def _refuse(self, token):
        """One page for every link that opens nothing, whatever the cause; the login for others."""
        if not token and request.env.user._is_public():
            login = f"/web/login?redirect={quote(LOGIN_PATH)}"
            return _private(request.redirect(login, code=303))
        return self._plain_page("portal_neutral", 404)

    def _too_often(self):
        return self._plain_page("portal_too_often", 429)

    def _plain_page(self, template, status):
        """A page that says the same to everybody: no session, no token stands in it."""
        values = {"html_lang": (request.env.lang or "en_US").replace("_", "-")}
        html = request.env["ir.qweb"]._render(
            f"overdue_recovery.{template}", values, minimal_qcontext=True
        )
        return _private(request.make_response(f"<!DOCTYPE html>\n{html}", status=status))
