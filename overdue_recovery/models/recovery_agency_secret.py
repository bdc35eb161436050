import configparser
import os
import re

from odoo import models
from odoo.tools import config

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
PREFIX = "recovery_secret_"


class RecoveryAgencySecret(models.AbstractModel):
    """Secrets have their names in the database, and their values outside of it: no dump, export or
    copy of the database holds one, and no person can read one on a screen.

    The value of ``acme`` is the environment variable ``RECOVERY_SECRET_ACME`` or, in odoo.conf,
    ``recovery_secret_acme`` under ``[overdue_recovery]`` or ``[options]`` (where Odoo warns of
    options that it doesn't know). The prefix keeps a name from reaching any other value.
    """

    _name = "recovery.agency.secret"
    _description = "Secrets of connectors"

    @staticmethod
    def _is_secret_name(name):
        return bool(NAME.fullmatch(name))

    @staticmethod
    def _secret(name):
        """The value that this name stands for, empty when nobody has set it."""
        if not (name and NAME.fullmatch(name)):
            return ""
        key = PREFIX + name
        return os.environ.get(key.upper()) or _in_section(key) or config.get(key) or ""


def _in_section(key):
    """What odoo.conf says in our own section; read anew, so a new secret needs no restart."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(config["config"] or [])
        return parser.get("overdue_recovery", key, fallback="")
    except (OSError, configparser.Error):
        return ""
