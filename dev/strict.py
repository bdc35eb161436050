"""A pytest plugin that lets nothing pass in silence.

A test fails when a WARNING or ERROR reaches the root logger while it runs (what `assertLogs` or
`mute_logger` expect never gets there), and when it is skipped for a reason that is not allowed
below. Records outside any test fail the whole run. Tests marked or tagged `long` are left out
unless OR_LONG is set.
"""

import logging
import os
import re

import pytest

# (logger, message): what Odoo itself says here and no test can prevent.
ALLOWED_RECORDS = [
    # Debian took this script out of `mail` and left its name in the manifest.
    (r"odoo\.addons\.base\.models\.ir_asset", r".*selfie_segmentation"),
    (r"odoo\.addons\.base\.models\.assetsbundle", r".*selfie_segmentation"),
]
# Reasons for which a test may be skipped.
ALLOWED_SKIPS = [
    # The glue to an addon that a plain Odoo does not have.
    r"needs the addon \w+, which is not here",
]


def allowed(record, rules=None):
    """Whether the record is one of those that no test can prevent.

    >>> make = lambda name, text: logging.LogRecord(name, logging.WARNING, "", 0, text, (), None)
    >>> allowed(make("ours", "late"), [("ours", "la.e")])
    True
    >>> allowed(make("ours", "late"), [("theirs", "late")])
    False
    """
    rules = ALLOWED_RECORDS if rules is None else rules
    message = record.getMessage()
    return any(re.match(name, record.name) and re.match(text, message) for name, text in rules)


class Collector(logging.Handler):
    """Keeps every unexpected record until somebody takes it."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        """Keep the record as text."""
        if not allowed(record):
            self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def take(self):
        """Return what was collected since the last time."""
        texts, self.texts = self.texts, []
        return texts


class Strict:
    """The hooks, with the state of one run."""

    def __init__(self):
        self.collector = Collector()
        self.outside = []
        self.skipped = 0

    def pytest_sessionstart(self):
        """Begin to listen; loggers of libraries that only talk when asked stay as they are."""
        logging.getLogger().addHandler(self.collector)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config, items):
        """Leave out long tests."""
        if os.environ.get("OR_LONG"):
            return
        long = [item for item in items if is_long(item)]
        if long:
            config.hook.pytest_deselected(items=long)
            items[:] = [item for item in items if item not in long]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self):
        """Watch a test's preparation, its class's included."""
        return (yield from self.watch())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self):
        """Watch a test."""
        return (yield from self.watch())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self):
        """Watch what a test cleans up."""
        return (yield from self.watch())

    def watch(self):
        """Fail when something unexpected was logged meanwhile."""
        self.outside += self.collector.take()
        result = yield
        texts = self.collector.take()
        if texts:
            pytest.fail("Unexpected in the log:\n" + "\n".join(texts), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self):
        """Turn a skip into a failure."""
        report = yield
        return self.judge(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self):
        """Turn the skip of a whole file into a failure."""
        report = yield
        return self.judge(report)

    def judge(self, report):
        """Let a skip pass only for an allowed reason."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = skip_reason(report.longrepr)
            if not any(re.search(pattern, reason) for pattern in ALLOWED_SKIPS):
                report.outcome = "failed"
                report.longrepr = f"A skipped test proves nothing: {reason}"
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session):
        """Fail the run for records outside any test."""
        result = yield
        logging.getLogger().removeHandler(self.collector)
        self.outside += self.collector.take()
        if self.outside and session.exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    def pytest_terminal_summary(self, terminalreporter):
        """Show the records outside any test."""
        if self.outside:
            terminalreporter.section("unexpected in the log, outside any test")
            for text in self.outside:
                terminalreporter.line(text)


def is_long(item):
    """Whether a test belongs to `make test-long`."""
    tags = getattr(getattr(item, "cls", None), "test_tags", ())
    return "long" in tags or item.get_closest_marker("long") is not None


def skip_reason(longrepr):
    """Return a skip's reason.

    >>> skip_reason(("test_x.py", 3, "Skipped: no browser"))
    'no browser'
    """
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return text.removeprefix("Skipped: ")


def register_profiles():
    """Give hypothesis a quick and a long profile, both without a deadline."""
    try:
        from hypothesis import settings
    except ImportError:
        return
    settings.register_profile("quick", deadline=None, max_examples=100)
    settings.register_profile("long", deadline=None, max_examples=3000)
    settings.load_profile("long" if os.environ.get("OR_LONG") else "quick")


def pytest_configure(config):
    """Start the plugin."""
    register_profiles()
    config.pluginmanager.register(Strict(), "overdue-recovery-strict")
