"""One process that has Odoo loaded and lets others of its kind be born and die.

`python -m faults.worker DATABASE`: reads a line of JSON {task, args, kill_at, freeze} from standard
input, forks a process for it and answers {"pid": …} at once; a line {"wait": pid} answers with
that process's end: {"died": signal or 0, "value": …, "error": …, "done": […]}. With {"here": true}
the task is done in this process, so that its children are born with warm caches.
Odoo is loaded once; every child opens connections of its own and commits for real.
"""

import json
import os
import sys
import tempfile
import traceback
from contextlib import ExitStack

from faults import tasks
from faults.killer import Killer


def main(name):
    """Serve until standard input ends."""
    registry = load(name)
    answers = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = ending(order["wait"], answers.pop(order["wait"]))
        elif order.get("here"):
            answer = attempt(registry, order)
            hang_up()
        else:
            answer = {"pid": start(registry, order, answers)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def load(name):
    """Odoo's registry of the database, as a server process has it, without a connection left."""
    import odoo.tools
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(
        ["-d", name, "--no-http", "--log-level=critical"], setup_logging=True
    )
    registry = Registry(name)
    hang_up()
    return registry


def start(registry, order, answers):
    """Fork a process for an order; return its number."""
    handle, path = tempfile.mkstemp(prefix="faults-")
    os.close(handle)
    pid = os.fork()
    if not pid:
        answer = attempt(registry, order)
        with open(path, "w") as output:
            json.dump(answer, output)
        os._exit(0)
    answers[pid] = path
    return pid


def attempt(registry, order):
    """Do a task in this process; say what became of it."""
    try:
        return run(registry, order)
    except BaseException:
        return {"error": traceback.format_exc()}


def hang_up():
    """Close every connection: no child may inherit one."""
    import odoo.sql_db

    odoo.sql_db.close_all()


def ending(pid, path):
    """How a process ended, and what it had to say."""
    _pid, status = os.waitpid(pid, 0)
    with open(path) as handle:
        text = handle.read()
    os.unlink(path)
    return {"died": os.WTERMSIG(status), **(json.loads(text) if text else {})}


def run(registry, order):
    """Do a task in this process."""
    from odoo.api import SUPERUSER_ID, Environment

    killer = Killer(order.get("kill_at"))
    with ExitStack() as stack:
        if order.get("freeze"):
            from freezegun import freeze_time

            stack.enter_context(freeze_time(order["freeze"], tick=True))
        cursor = stack.enter_context(registry.cursor())
        env = Environment(cursor, SUPERUSER_ID, {})
        env = env(context=env["res.users"].context_get())
        for patched in killer.armed():
            stack.enter_context(patched)
        value = getattr(tasks, order["task"])(env, **order.get("args", {}))
    return {"value": value, "done": killer.done}


if __name__ == "__main__":
    main(sys.argv[1])
