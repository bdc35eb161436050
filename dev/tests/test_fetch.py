"""Fetching what is missing."""

from dev import database, fetch, settings
from dev.say import StopError


def without_network(*_arguments):
    raise StopError("pip cannot install: check the network")


def test_addons_of_others_that_cannot_be_fetched_leave_only_their_glue_out(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(settings, "CACHE", tmp_path)
    monkeypatch.setattr(fetch, "pip_install", without_network)
    fetch.ensure_borrowed()
    [line] = capsys.readouterr().err.splitlines()
    assert "overdue_recovery_queue is left out: pip cannot install" in line
    assert not settings.borrowed().exists()
    assert not database.is_borrowed("queue_job")


def test_addons_of_others_are_fetched_once(monkeypatch, tmp_path):
    calls = []

    def install(*arguments):
        calls.append(arguments)
        (arguments[-1] / "odoo" / "addons").mkdir(parents=True)

    monkeypatch.setattr(settings, "CACHE", tmp_path)
    monkeypatch.setattr(fetch, "pip_install", install)
    fetch.ensure_borrowed()
    fetch.ensure_borrowed()
    assert len(calls) == 1
    assert settings.borrowed().exists()
    assert settings.borrowed() / "odoo" / "addons" in settings.addon_paths()
    assert settings.borrowed() not in settings.own_paths()
