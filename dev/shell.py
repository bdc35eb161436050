"""Run Python with `env` on a database: `python -m dev.shell DB`, the script on standard input.

Committed at the end; an exception prints its traceback, rolls back and exits with 1. Standard
output carries only what the script prints; Odoo's log goes to standard error.
"""

import code
import sys
import traceback
from contextlib import contextmanager


@contextmanager
def environment(database, options=()):
    """Yield `env` of the superuser on a database; commit at the end, roll back on an exception."""
    import odoo.tools
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(
        ["-d", database, "--no-http", "--log-level=warn", *options], setup_logging=True
    )
    with Registry(database).cursor() as cursor:
        env = Environment(cursor, SUPERUSER_ID, {})
        env = env(context=env["res.users"].context_get())
        yield env


def main(database, options=()):
    """Run standard input, or a prompt when a person sits there."""
    with environment(database, options) as env:
        names = {"__name__": "__main__", "env": env, "self": env.user}
        if sys.stdin.isatty():
            code.interact(banner=f"Odoo shell on {database}: env, self", local=names)
            return 0
        try:
            exec(compile(sys.stdin.read(), "<stdin>", "exec"), names)
            env.flush_all()
        except BaseException as error:
            env.cr.rollback()
            if isinstance(error, SystemExit):
                raise
            traceback.print_exc()
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
