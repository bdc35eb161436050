"""`make lint`: ruff, pylint-odoo, OCA's checks and the house's own rules."""

import ast
import subprocess

from dev import settings
from dev.say import progress

LONGEST = 450
MODEL_BASES = ("Model", "TransientModel", "AbstractModel")
OCA_OFF = ("xml-header-wrong", "xml-tag-position")


def lint():
    """Run every check, also after one failed; return 1 when any found something."""
    python = str(settings.venv_python())
    addons = [str(folder.relative_to(settings.ROOT)) for folder in own_addons()]
    code = [*addons, *(name for name in ("dev", "benchmarks", "faults") if has_python(name))]
    checks = {
        "ruff check": [python, "-m", "ruff", "check", *code],
        "ruff format": [python, "-m", "ruff", "format", "--check", *code],
    }
    if addons:
        checks["pylint-odoo"] = [python, "-m", "pylint", "--rcfile=.pylintrc", *addons]
        tools = settings.venv() / "bin"
        off = f"--disable={','.join(OCA_OFF)}"
        checks["OCA's checks"] = [str(tools / "oca-checks-odoo-module"), off, *addons]
        if translations():
            checks["OCA's checks of translations"] = [
                str(tools / "oca-checks-po"),
                *map(str, translations()),
            ]
    failed = [name for name, command in checks.items() if not passes(name, command)]
    findings = house_rules()
    print("\n".join(findings))
    failed += ["house rules"] if findings else []
    progress(f"Found something: {', '.join(failed)}" if failed else "Nothing found")
    return 1 if failed else 0


def own_addons():
    """Return the folders of the addons in this checkout."""
    return [folder for folder in settings.addons().values() if folder.parent == settings.ROOT]


def translations():
    """Return the translation files of the addons."""
    return [file for folder in own_addons() for file in sorted(folder.glob("i18n/*.po*"))]


def has_python(name):
    """Whether a folder of the checkout has Python files."""
    return any((settings.ROOT / name).rglob("*.py"))


def passes(name, command):
    """Run one check; say whether it found nothing."""
    progress(f"{name} ...")
    return subprocess.call(command, cwd=settings.ROOT) == 0


def house_rules():
    """Return what breaks the house's own rules, one line each."""
    found = []
    for folder in [*own_addons(), settings.ROOT / "dev"]:
        for path in sorted(folder.rglob("*.py")):
            shown = path.relative_to(settings.ROOT)
            text = path.read_text()
            length = code_lines(text)
            if length > LONGEST and path.parent.name != "tests":
                found.append(f"{shown}: {length} lines of code, at most {LONGEST} are wanted")
            if path.parent.name == "models" and path.name != "__init__.py":
                models = model_classes(text)
                if len(models) > 1:
                    found.append(
                        f"{shown}: {len(models)} models ({', '.join(models)}), one is wanted"
                    )
    return found


def code_lines(text):
    """Count the lines that are code: no blank line, comment or docstring (in `calc/` a docstring
    is the table of examples, and as long as it must be).

    >>> code_lines("# why\\nx = 1\\n\\ndef f():\\n    'Doc.'\\n    return x")
    3
    """
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    doc = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            doc.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(
        1 for number, line in lines if number not in doc and line.strip() and line.strip()[0] != "#"
    )


def model_classes(text):
    """Return the names of the model classes of a file.

    >>> model_classes("class A(models.Model): pass\\nclass B: pass\\nclass C(AbstractModel): pass")
    ['A', 'C']
    """
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    return [node.name for node in nodes if any(is_model(base) for base in node.bases)]


def is_model(base):
    """Whether a base class, as written, is one of Odoo's."""
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name in MODEL_BASES
