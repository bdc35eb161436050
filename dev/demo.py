"""The demo database's first dunning run: `python -m dev.demo DB`; prints a short table."""

import sys
import time

from dev import settings
from dev.shell import environment

NOWHERE = "http://127.0.0.1:9"
# What would call home.
QUIET_CRONS = (
    "mail.ir_cron_module_update_notification",
    "mail.ir_cron_mail_gateway_action",
    "mail.ir_cron_web_push_notification",
    "sms.ir_cron_sms_scheduler_action",
)


def keep_at_home(env):
    """Switch off what would reach for other machines, and drop the mail of Odoo's own demo data."""
    env["mail.mail"].search([("state", "=", "outgoing")]).state = "cancel"
    env["ir.config_parameter"].set_param("iap.endpoint", NOWHERE)
    for xmlid in QUIET_CRONS:
        cron = env.ref(xmlid, raise_if_not_found=False)
        if cron:
            cron.active = False


def take_payments(env):
    """Let the customers of every company pay online; Odoo's demo provider serves the first only."""
    env["payment.provider"].search([("code", "=", "demo"), ("state", "=", "disabled")]).write(
        {"state": "test", "is_published": True}
    )


def first_run(env):
    """Propose today's run of each company that has a policy, and issue the one of the first: the
    others' wait for the visitor. Yield (company, run, seconds)."""
    companies = env["dunning.policy"].search([]).company_id.sorted("id")
    for company in companies:
        started = time.monotonic()
        run = todays_run(env(context={**env.context, "allowed_company_ids": company.ids}), company)
        run.action_propose()
        if run.state == "proposed" and company == companies[0]:
            run.action_issue()
        env.cr.commit()
        yield company, run, time.monotonic() - started


def todays_run(env, company):
    """The run that waits for approval since the demo data came, or a new one."""
    runs = env["dunning.run"]
    waiting = runs.search([("company_id", "=", company.id), ("state", "=", "proposed")], limit=1)
    run = waiting or runs.create({"company_id": company.id, "origin": "manual"})
    # Odoo's own demo data has bank lines, and they are old
    run.receipts_booked = True
    return run


def hand_over(env):
    """Work the deliveries and the mail queue until nothing is waiting; return how many messages
    the contact rules would have held at this hour."""
    deliveries = env["dunning.delivery"]
    deliveries._cron_deliver()
    env.cr.commit()
    held = deliveries.search([("state", "=", "held")])
    if held:
        # the demo has to show sent notices at any hour
        held.action_override_hold("First run of the demonstration, whatever the hour")
        deliveries._cron_deliver()
        env.cr.commit()
    queue = env["mail.mail"]
    while queue.search_count([("state", "=", "outgoing")]):
        before = queue.search_count([("state", "=", "outgoing")])
        queue.process_email_queue()
        env.cr.commit()
        if queue.search_count([("state", "=", "outgoing")]) == before:
            break
    return len(held)


def table(company, stats, seconds):
    """Return the lines about one run.

    >>> print("\\n".join(table("Ours", {"customers": 2, "left_out": {"too_small": 1}}, 0.5)))
    Ours
      customers assessed        2
      notices                   0
      left out: too_small       1
      seconds                   0.5
    """
    rows = [("customers assessed", stats.get("customers", 0))]
    levels = stats.get("notices_by_level") or {}
    rows += [(f"notices: {name}", number) for name, number in levels.items()]
    rows += [] if levels else [("notices", stats.get("notices", 0))]
    rows += [(f"left out: {why}", number) for why, number in (stats.get("left_out") or {}).items()]
    rows += [
        (f"demanded in {currency}", f"{amount:,.2f}")
        for currency, amount in (stats.get("amounts") or {}).items()
    ]
    rows.append(("seconds", round(seconds, 1)))
    return [company, *(f"  {name:<25} {value}" for name, value in rows)]


def main(database, options):
    """Run the main job once and print what it did."""
    with environment(database, options) as env:
        keep_at_home(env)
        take_payments(env)
        env.cr.commit()
        for company, run, seconds in list(first_run(env)):
            print("\n".join(table(company.name, run.stats or {}, seconds)))
        held = hand_over(env)
        env["recovery.case"]._cron_recompute()
    print(f"Sent now although the contact rules would wait: {held}")
    filed = len(list(settings.MAIL.glob("*.eml")))
    print(f"Messages filed in {settings.MAIL}: {filed}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
