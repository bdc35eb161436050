"""Fifty customers at once on the portal, over a made-up ledger: `make bench WHAT=portal SIZE=100k`.

Uses up the database that OR_DATABASE names. Every visitor opens the account page by a link of its
own, again and again; the server is the one of `make run`, one process. The last line is one JSON
object.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from odoo.fields import Domain

from benchmarks.run import SIZES, Sink, prepare_company
from dev.serve import served
from dev.shell import environment

VISITORS = 50
VISITS = 6
PATIENCE = 120
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def links(env, company):
    """Secrets of the links of fifty notices that have just left."""
    # the clock is the real one, and it may be night
    env.ref("overdue_recovery.recovery_law_courtesy").contact_active = False
    lines = env["account.move.line"]
    domain = lines._recovery_open_domain() & Domain("company_id", "=", company.id)
    partners = lines.search(domain, limit=40 * VISITORS).partner_id
    run = env["dunning.run"].create({"company_id": company.id, "partner_ids": partners.ids})
    run.action_propose()
    run.action_issue(run.notice_ids[:VISITORS])
    with Sink().installed(env):
        env["dunning.delivery"]._cron_deliver()
    sent = env["dunning.delivery"].search([("state", "=", "sent")], limit=VISITORS)
    return list(env["recovery.link"]._issue(sent).values())


def visit(address):
    """Seconds that one page took; None: it failed."""
    started = time.monotonic()
    try:
        with OPENER.open(address, timeout=PATIENCE) as answer:
            answer.read()
    except (urllib.error.URLError, OSError):
        return None
    return time.monotonic() - started


def measure(base, tokens):
    """Let every visitor open its page several times, all at once."""
    addresses = [f"{base}/recovery/l/{token}" for token in tokens]
    # templates and assets are compiled once a process
    visit(addresses[0])
    started = time.monotonic()
    with ThreadPoolExecutor(len(addresses)) as pool:
        found = list(pool.map(visit, addresses * VISITS))
    seconds = sorted(one for one in found if one is not None)
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else [0.0] * 19
    return {
        "visitors": len(addresses),
        "visits": len(found),
        "errors": len(found) - len(seconds),
        "p50_ms": round(1000 * cuts[9]),
        "p95_ms": round(1000 * cuts[18]),
        "per_second": round(len(found) / (time.monotonic() - started), 1),
    }


def main(arguments):
    """Make the ledger of the size that the arguments name, serve it, measure, print."""
    size = SIZES[dict(argument.split("=", 1) for argument in arguments)["SIZE"]]
    name = os.environ["OR_DATABASE"]
    subprocess.run([sys.executable, "-m", "benchmarks.ledger", *map(str, size[:3])], check=True)
    with environment(name) as env:
        tokens = links(env, prepare_company(env))
        env.cr.commit()
    with served(name) as base:
        figures = measure(base, tokens)
    print(json.dumps({"items": size.items, **figures}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
