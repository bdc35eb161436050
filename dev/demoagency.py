"""The fake agency beside the demo: on a free port that the database is told, with new secrets."""

from secrets import token_hex

from dev import database, fakeagency, mailsink, processes, settings
from dev.say import StopError

LOG = settings.STATE / "agency.log"
# What the demo's agency names, see overdue_recovery/demo/recovery_demo.xml.
CALLS, NEWS = "RECOVERY_SECRET_DEMO_CALLS", "RECOVERY_SECRET_DEMO_NEWS"
MOVE = """
UPDATE recovery_agency SET rest_url = %s
 WHERE id = (SELECT res_id FROM ir_model_data
              WHERE module = 'overdue_recovery' AND name = 'demo_agency')
RETURNING id
"""


def new_secrets():
    """(the key that we show the agency, the secret with which it signs)."""
    return token_hex(16), token_hex(16)


def for_odoo(secrets):
    """Return what Odoo's environment says of the secrets."""
    return dict(zip((CALLS, NEWS), secrets, strict=True))


def start(port, odoo_port, secrets, environment):
    """Start the agency and write into the demo database where it listens."""
    processes.stop_one("The fake agency")
    rows = database.execute(MOVE, [f"http://127.0.0.1:{port}"], name=settings.DEMO)
    event_url = f"http://127.0.0.1:{odoo_port}/recovery/agency/{rows[0][0] if rows else 0}/event"
    call = [str(settings.venv_python()), "-m", "dev.fakeagency", str(port), event_url]
    own = dict(zip((fakeagency.KEY, fakeagency.SECRET), secrets, strict=True))
    child = processes.start("The fake agency", call, LOG, {**environment, **own})
    if not mailsink.wait_until_answers(port, 20, lambda: child.poll() is None):
        raise StopError(f"The fake agency does not start: {LOG} says why.")
    return child
