"""`make terms`: the translation templates anew, and every language's file in line with them."""

import subprocess

import polib

from dev import database, engine, settings
from dev.say import StopError, progress

DATABASE = "terms"
# Dates and tools would make every export differ from the one before.
HEADER = (
    "Project-Id-Version",
    "Language",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)


def terms():
    """Export the templates of the addons that have translations; print what is missing."""
    folders = {
        name: folder for name, folder in database.installable_addons().items() if has_terms(folder)
    }
    database.fresh(DATABASE)
    try:
        export(list(folders))
    finally:
        database.drop(DATABASE)
    for name, folder in folders.items():
        template = folder / "i18n" / f"{name}.pot"
        clean(polib.pofile(str(template))).save(str(template))
        for path in sorted(folder.glob("i18n/*.po")):
            progress(bring_in_line(path, polib.pofile(str(template))))


def has_terms(folder):
    """Whether an addon of this checkout is translated."""
    return folder.parent == settings.ROOT and any(folder.glob("i18n/*.po"))


def export(names):
    """Let Odoo write the templates into the addons' folders."""
    call = engine.command()
    head, conf = call[:-2], call[-2:]
    done = subprocess.run(
        [*head, "i18n", "export", *conf, "-d", DATABASE, "-l", "pot", "--", *names],
        env=engine.environment(),
        cwd=settings.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StopError(f"Odoo could not export the terms: {done.stderr.strip()[-500:]}")


def clean(file):
    """Keep of the header what does not change from one export to the next."""
    file.metadata = {key: file.metadata[key] for key in HEADER if key in file.metadata}
    return file


def bring_in_line(path, template):
    """Take over the template's terms into a language's file; say how much is missing there."""
    file = polib.pofile(str(path))
    file.merge(template)
    for entry in file.obsolete_entries():
        file.remove(entry)
    file.sort(key=lambda entry: entry.msgid)
    clean(file).save(str(path))
    missing = len(file.untranslated_entries()) + len(file.fuzzy_entries())
    return f"{path.relative_to(settings.ROOT)}: {len(file)} terms, {missing} not translated"
