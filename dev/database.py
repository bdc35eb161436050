"""Databases of this checkout: cached templates, quick copies, clear errors."""

import ast
import hashlib
import os
import re
import shutil
from contextlib import closing, suppress

import psycopg2
from psycopg2 import sql

from dev import engine, postgres, settings
from dev.say import StopError, progress

TEMPLATES = settings.STATE / "templates"
BASE_MODULES = ["account_payment", "sms"]
# Tests pay as customers do, by Odoo's provider that takes no money.
TEST_MODULES = [*BASE_MODULES, "payment_demo"]
KEPT_TEMPLATES = 6
# Tests and what browsers load do not change what an installation writes.
NOT_INSTALLED = re.compile(r"(^|/)(tests|__pycache__|static/src|static/tests|static/description)/")
# Debian removed one JavaScript file but left it in the manifest of `mail`.
MISSING_SCRIPT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
MEND = """
INSERT INTO ir_asset (name, bundle, directive, path, active, sequence)
SELECT 'Missing in the Debian package', 'web.assets_backend', 'remove', %s, TRUE, 16
"""

KEEP = """
DO $$
DECLARE found regclass;
BEGIN
    FOR found IN
        SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', found);
    END LOOP;
END
$$
"""


def connect(name="postgres"):
    """Return an autocommit connection."""
    server = postgres.environment()
    try:
        connection = psycopg2.connect(
            dbname=name,
            host=server.get("PGHOST"),
            port=server.get("PGPORT"),
            user=server.get("PGUSER"),
            password=server.get("PGPASSWORD"),
        )
    except psycopg2.OperationalError as error:
        raise StopError(f"PostgreSQL does not answer: {str(error).strip()}") from error
    connection.autocommit = True
    return connection


def execute(statement, values=None, name="postgres"):
    """Run one statement outside any transaction; return its rows, if it has any."""
    with closing(connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def exists(name):
    """Whether the server has the database."""
    return bool(execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def check_name(name):
    """Return the name, or stop when it could not be one of ours.

    >>> check_name("mine_2")
    'mine_2'
    >>> check_name("x; drop")
    Traceback (most recent call last):
    ...
    dev.say.StopError: 'x; drop' is no database name: use small letters, digits and _.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,50}", name) or name.startswith(("template", "postgres")):
        raise StopError(f"{name!r} is no database name: use small letters, digits and _.")
    return name


def drop(name):
    """Remove a database and its files, even while somebody is connected."""
    execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    shutil.rmtree(filestore(name), ignore_errors=True)


def create(name, template=None):
    """Make a database: empty with Odoo's collation, or a copy with its files."""
    drop(name)
    if template is None:
        form = "CREATE DATABASE {} ENCODING 'unicode' LC_COLLATE 'C' TEMPLATE template0"
        execute(sql.SQL(form).format(sql.Identifier(name)))
        return
    form = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
    execute(sql.SQL(form).format(sql.Identifier(name), sql.Identifier(template)))
    if filestore(template).exists():
        # Odoo never changes a stored file, so copies share it.
        shutil.copytree(filestore(template), filestore(name), copy_function=os.link)


def filestore(name):
    """Return the folder of a database's attachments."""
    return settings.DATA / "filestore" / name


def fingerprint(*parts):
    """Return a short name for a set of texts."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:10]


def addon_hash(folders):
    """Return a text that changes with any file of the addons that an installation reads."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inner = f"{folder.name}/{path.relative_to(folder)}"
            if path.is_file() and not NOT_INSTALLED.search(inner):
                digest.update(inner.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def template(demo=False, modules=BASE_MODULES):
    """Return the name of the template with the addons on Odoo's ``modules``, making what is
    missing or stale."""
    engine.write_conf()
    installable = installable_addons()
    if not installable:
        raise StopError("There is no addon in this checkout yet: nothing to install.")
    base = base_template(demo, modules)
    name = f"tpl_addon_{fingerprint(base, addon_hash(installable.values()))}"
    with settings.locked(TEMPLATES / ".lock"):
        options = ["--with-demo"] if demo else []
        ensure_template(base, None, modules, options)
        ensure_template(name, base, list(installable), options)
        forget_old_templates()
    return name


def test_template():
    """Return the name of the template for tests."""
    return template(modules=TEST_MODULES)


def glue_template():
    """Return the name of the template that has the glue to addons of others too."""
    source = template()
    glue = glue_addons()
    key = fingerprint(source, addon_hash(glue.values()), settings.borrowed())
    name = f"tpl_addon_{key}"
    with settings.locked(TEMPLATES / ".lock"):
        ensure_template(name, source, list(glue), [])
        forget_old_templates()
    return name


def base_template(demo=False, modules=BASE_MODULES):
    """Return the name of the template with Odoo's own modules only; `template` makes it."""
    key = fingerprint(settings.odoo_version(), settings.lock_hash(), demo, *modules)
    return f"tpl_base_{key}"


def ensure_template(name, source, modules, options):
    """Install modules on a copy of `source` unless the template is complete."""
    mark = TEMPLATES / f"{name}.log"
    if mark.exists() and exists(name):
        mark.touch()
        return
    progress(f"Installing {', '.join(modules)} into a template database ...")
    mark.unlink(missing_ok=True)
    create(name, source)
    working = TEMPLATES / f"{name}.part"
    try:
        engine.install(name, modules, working, *options)
    except BaseException:
        drop(name)
        raise
    if source is None:
        mend(name)
    working.rename(mark)


def mend(name):
    """Take the script that the Debian package lacks out of the backend's assets."""
    if not (settings.odoo_root() / "odoo" / "addons" / MISSING_SCRIPT).exists():
        execute(MEND, [MISSING_SCRIPT], name)


def keep_statistics(name):
    """Let no vacuum look at a test database.

    A test's rows are not committed: a vacuum counts none, writes that down, and from then on the
    planner takes nested loops over what are thousands of rows; seconds become minutes.
    """
    execute(KEEP, name=name)


def installable_addons():
    """Return the project's addons that need nothing but each other and Odoo."""
    return {name: folder for name, folder in settings.addons().items() if is_met(folder)}


def glue_addons():
    """Return the project's addons that need an addon of others, which is here.

    They stand in databases of their own: what is tested without them works without them.
    """
    return {
        name: folder
        for name, folder in settings.addons().items()
        if not is_met(folder) and is_met(folder, is_borrowed)
    }


def is_met(folder, elsewhere=lambda name: False):
    """Whether all an addon depends on is the project's, Odoo's, or to be found elsewhere."""
    known = settings.addons()
    needed = manifest(folder).get("depends", [])
    return all(name in known or in_odoo(name) or elsewhere(name) for name in needed)


def is_borrowed(name):
    """Whether an addon of others is here."""
    return (settings.borrowed() / "odoo" / "addons" / name / "__manifest__.py").exists()


def in_odoo(name):
    """Whether Odoo itself has the module."""
    root = settings.odoo_root()
    places = (root / "addons" / name, root / "odoo" / "addons" / name)
    return any((place / "__manifest__.py").exists() for place in places)


def manifest(folder):
    """Return an addon's manifest."""
    return ast.literal_eval((folder / "__manifest__.py").read_text())


def forget_old_templates():
    """Drop addon templates that were not used for longest."""
    marks = sorted(TEMPLATES.glob("tpl_addon_*.log"), key=lambda mark: mark.stat().st_mtime)
    for mark in marks[:-KEPT_TEMPLATES]:
        with suppress(psycopg2.Error):
            drop(mark.stem)
            mark.unlink()


def install_log(name):
    """Return the log of a template's installation."""
    return TEMPLATES / f"{name}.log"


def fresh(name, demo=False):
    """Make a fresh database with the addons; return the template it came from."""
    check_name(name)
    source = template(demo)
    create(name, source)
    return source
