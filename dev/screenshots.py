"""`make screenshots`: pictures of the running demo, listed in dev/screenshots.json.

Each entry: name (of the PNG file), user (login and password; empty: nobody), url (with `xmlid:` in
front the action of that XML id), width, height, and optionally `click` (CSS selectors to click one
after the other) and `wait` (a CSS selector that must be there).
"""

import json
import os
import time
from pathlib import Path

from dev import mailsink, settings
from dev.devtools import Page
from dev.say import StopError, progress

LIST = Path(__file__).with_name("screenshots.json")
FOLDER = settings.ROOT / "docs" / "screenshots"
SETTLE = 1.5
LOADING = (
    "document.querySelector('.o_loading_indicator, .o_blockUI, .o_view_sample_data .o_spinner')"
)


def main():
    """Take every picture; ARGS names some of them."""
    base = f"http://localhost:{os.environ.get('PORT') or '8069'}"
    if not mailsink.answers(int(base.rsplit(":", 1)[1])):
        raise StopError(f"Nothing serves at {base}: run `make run DETACH=1` first.")
    wanted = os.environ.get("ARGS", "").split()
    shots = [shot for shot in json.loads(LIST.read_text()) if not wanted or shot["name"] in wanted]
    FOLDER.mkdir(parents=True, exist_ok=True)
    for user in dict.fromkeys(shot.get("user", "") for shot in shots):
        with Page() as page:
            if user:
                log_in(page, base, user)
            for shot in shots:
                if shot.get("user", "") == user:
                    take(page, base, shot)


def log_in(page, base, user):
    """Log in by the form, as a person does."""
    page.open(f"{base}/web/login")
    name, secret = json.dumps(user), json.dumps(user)
    page.value(
        "(() => { const form = document.querySelector('form.oe_login_form');"
        f"form.querySelector('[name=login]').value = {name};"
        f"form.querySelector('[name=password]').value = {secret}; form.submit(); }})()"
    )
    page.wait("!location.pathname.startsWith('/web/login')", f"the login of {user}")


def take(page, base, shot):
    """Take one picture."""
    page.size(shot.get("width", 1280), shot.get("height", 800))
    page.open(base + address(shot["url"]))
    if shot["url"].startswith(("/odoo", "xmlid:")):
        page.wait("document.querySelector('.o_action_manager .o_view_controller')", shot["name"])
    for selector in shot.get("click", []):
        target = f"document.querySelector({json.dumps(selector)})"
        page.wait(target, f"{selector} of {shot['name']}")
        page.value(f"{target}.click()")
        time.sleep(SETTLE)
    if shot.get("wait"):
        page.wait(f"document.querySelector({json.dumps(shot['wait'])})", shot["name"])
    page.wait(f"!{LOADING}", shot["name"])
    time.sleep(SETTLE)
    page.picture(FOLDER / f"{shot['name']}.png")
    progress(f"docs/screenshots/{shot['name']}.png")


def address(url):
    """Return the path of a list entry.

    >>> address("xmlid:overdue_recovery.action_x")
    '/odoo/action-overdue_recovery.action_x'
    >>> address("/my/invoices")
    '/my/invoices'
    """
    return f"/odoo/action-{url[6:]}" if url.startswith("xmlid:") else url
