"""`make run`: the demo database, one dunning run on it, and Odoo on a local port."""

import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager

from dev import database, demoagency, engine, mailsink, processes, settings, wkhtmltopdf
from dev.say import StopError, progress

MARK = settings.STATE / "demo.key"
LOG = settings.STATE / "odoo.log"
GUIDE = settings.ROOT / "overdue_recovery" / "demo" / "guide.txt"
PATIENCE = 120
DEAD_PROXY = "http://127.0.0.1:9"
ADDRESS = "UPDATE ir_config_parameter SET value = %s WHERE key = 'web.base.url'"


def run():
    """Serve the demo database on PORT (8069) until Ctrl-C, or in the background (DETACH=1)."""
    if processes.running("Odoo"):
        raise StopError("The demo is already running: `make stop` ends it.")
    port = wanted_port()
    if mailsink.answers(port):
        raise StopError(f"Port {port} is taken: make run PORT={port + 1} uses another.")
    wkhtmltopdf.ensure()
    detach = bool(os.environ.get("DETACH"))
    children = {}
    try:
        smtp = mailsink.free_port()
        children["The mail sink"] = start_sink(smtp)
        ensure_demo(smtp, port)
        secrets = demoagency.new_secrets()
        desk = mailsink.free_port()
        children["The fake agency"] = demoagency.start(
            desk, port, secrets, background_environment()
        )
        children["Odoo"] = start_odoo(port, smtp, demoagency.for_odoo(secrets))
        announce(port, desk)
        if detach:
            children = {}
            return 0
        return children["Odoo"].wait()
    finally:
        for name, child in children.items():
            processes.end(name, child)


def wanted_port():
    """Return PORT or 8069."""
    text = os.environ.get("PORT") or "8069"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StopError(f"PORT={text} is no port: give a number from 1 to 65535.")
    return int(text)


def name_address(port):
    """Let the links in messages lead to the Odoo on this port."""
    database.execute(ADDRESS, [f"http://localhost:{port}"], name=settings.DEMO)


def background_environment():
    """Return Odoo's environment, with a dead proxy so that nothing leaves the machine."""
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_PROXY)
    local = dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1")
    return {**engine.environment(), **dead, **local}


def start_sink(port):
    """Start the mail sink."""
    processes.stop_one("The mail sink")
    python = str(settings.venv_python())
    call = [python, "-m", "dev.mailsink", str(port)]
    child = processes.start(
        "The mail sink", call, settings.STATE / "mail.log", background_environment()
    )
    if not mailsink.wait_until_answers(port, 20, lambda: child.poll() is None):
        raise StopError(f"The mail sink does not start: {settings.STATE / 'mail.log'} says why.")
    return child


def start_odoo(port, smtp, secrets):
    """Start Odoo on the demo database and wait until it answers."""
    progress("Starting Odoo ...")
    call = engine.command(
        "-d",
        settings.DEMO,
        f"--http-port={port}",
        "--max-cron-threads=1",
        *smtp_options(smtp),
    )
    child = processes.start("Odoo", call, LOG, {**background_environment(), **secrets})
    if not mailsink.wait_until_answers(port, 90, lambda: child.poll() is None):
        processes.end("Odoo", child)
        raise StopError(f"Odoo does not start: {engine.last_error(LOG)} (whole log: {LOG})")
    return child


@contextmanager
def served(name):
    """Another Odoo on this database, for as long as somebody needs its address."""
    port = mailsink.free_port()
    call = engine.command("-d", name, f"--http-port={port}", "--max-cron-threads=0")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(call, env=engine.environment(), **quiet)
    try:
        if not mailsink.wait_until_answers(port, PATIENCE, lambda: child.poll() is None):
            raise StopError(f"Odoo does not start on the database {name}.")
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(PATIENCE)


def smtp_options(port):
    """Return Odoo's options that send mail to the sink."""
    return ["--smtp=127.0.0.1", f"--smtp-port={port}", "--email-from=odoo@example.com"]


def ensure_demo(smtp, port):
    """Make the demo database, or bring the kept one up to the addons' present state, for an Odoo
    on this port."""
    engine.write_conf()
    installable = database.installable_addons()
    key = hashlib.sha256(
        (settings.odoo_version() + database.addon_hash(installable.values())).encode()
    ).hexdigest()
    if not (MARK.exists() and database.exists(settings.DEMO)):
        make_demo(smtp, port)
    elif MARK.read_text() != key:
        progress("The addon has changed: upgrading the demo database ...")
        names = ",".join(installable)
        engine.install(
            settings.DEMO, list(installable), settings.STATE / "upgrade.log", "-u", names
        )
    name_address(port)
    MARK.write_text(key)


def make_demo(smtp, port):
    """Make the demo database anew and do the main job once."""
    MARK.unlink(missing_ok=True)
    shutil.rmtree(settings.MAIL, ignore_errors=True)
    settings.MAIL.mkdir(parents=True)
    progress("Making the demo database ...")
    database.fresh(settings.DEMO, demo=True)
    name_address(port)
    # a provider that lets customers pay on the portal without money
    engine.install(settings.DEMO, ["payment_demo"], settings.STATE / "payment_demo.log")
    progress("One dunning run on it ...")
    call = [str(settings.venv_python()), "-m", "dev.demo", settings.DEMO, *smtp_options(smtp)]
    with (settings.STATE / "demo.log").open("w") as log:
        code = subprocess.call(call, stderr=log, env=background_environment(), cwd=settings.ROOT)
    if code:
        raise StopError(
            f"The dunning run failed: {engine.last_error(log.name)} (whole log: {log.name})"
        )


def reset():
    """Make the demo database anew."""
    if processes.running("Odoo"):
        raise StopError("The demo is running: `make stop` first.")
    port = wanted_port()
    smtp = mailsink.free_port()
    sink = start_sink(smtp)
    try:
        MARK.unlink(missing_ok=True)
        ensure_demo(smtp, port)
    finally:
        processes.end("The mail sink", sink)
    progress("The demo database is fresh: make run")


def announce(port, desk):
    """Tell where everything is."""
    print(f"\nOdoo serves at http://localhost:{port}")
    print("  staff: admin / admin     portal customer: portal / portal")
    print(f"  every e-mail is filed in {settings.MAIL}, none leaves this machine")
    print(f"  a collection agency that you play yourself: http://localhost:{desk}")
    print(f"  Odoo's log: {LOG}")
    if GUIDE.exists():
        print("\n" + GUIDE.read_text().rstrip())
    ending = "`make stop` ends it." if os.environ.get("DETACH") else "Ctrl-C ends it."
    print(f"\n{ending}", flush=True)
