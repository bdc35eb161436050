"""The strict plugin: plant a fault in a child run and see that run fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev import settings
from dev.say import StopError
from dev.testing import NOTHING_RAN, verdict

ROOT = Path(settings.ROOT)


def run_child(folder, text, *options):
    """Run pytest with the strict plugin on one planted file."""
    (folder / "test_planted.py").write_text(text)
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:odoo", "-p", "dev.strict"]
    call += ["-p", "no:cacheprovider", f"--rootdir={folder}", *options, str(folder)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        call, capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    return done.returncode, done.stdout


def test_good_run_passes(tmp_path):
    code, output = run_child(tmp_path, "def test_good(): pass\n")
    assert code == 0, output


def test_warning_in_a_test_fails_it(tmp_path):
    text = "import logging\ndef test_bad(): logging.getLogger('odoo.x').warning('planted')\n"
    code, output = run_child(tmp_path, text)
    assert code == 1
    assert "WARNING odoo.x: planted" in output
    assert "1 failed" in output


def test_error_of_a_library_fails_too(tmp_path):
    text = "import logging\ndef test_bad(): logging.error('planted')\n"
    code, output = run_child(tmp_path, text)
    assert code == 1
    assert "ERROR root: planted" in output


def test_warning_in_class_setup_fails_the_run(tmp_path):
    text = (
        "import logging, unittest\n"
        "class TestX(unittest.TestCase):\n"
        "    @classmethod\n"
        "    def setUpClass(cls): logging.getLogger('odoo.x').warning('planted')\n"
        "    def test_good(self): pass\n"
    )
    code, output = run_child(tmp_path, text)
    assert code == 1
    assert "planted" in output


def test_warning_outside_any_test_fails_the_run(tmp_path):
    text = (
        "import atexit, logging\n"
        "logging.getLogger('odoo.x').warning('planted')\n"
        "def test_good(): pass\n"
    )
    code, output = run_child(tmp_path, text)
    assert code == 1
    assert "outside any test" in output


def test_expected_warning_passes(tmp_path):
    text = (
        "import logging, unittest\n"
        "class TestX(unittest.TestCase):\n"
        "    def test_good(self):\n"
        "        with self.assertLogs('odoo.x', 'WARNING'):\n"
        "            logging.getLogger('odoo.x').warning('wanted')\n"
    )
    code, output = run_child(tmp_path, text)
    assert code == 0, output


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\ndef test_x(): pytest.skip('no browser')\n",
        "import unittest\nclass TestX(unittest.TestCase):\n"
        "    def test_x(self): raise unittest.SkipTest('no browser')\n",
        "import unittest\nclass TestX(unittest.TestCase):\n"
        "    @classmethod\n    def setUpClass(cls): raise unittest.SkipTest('no browser')\n"
        "    def test_x(self): pass\n",
        "import pytest\npytest.skip('no browser', allow_module_level=True)\n",
    ],
    ids=["function", "method", "class", "file"],
)
def test_skip_fails_the_run(tmp_path, text):
    code, output = run_child(tmp_path, text)
    assert code != 0
    assert "A skipped test proves nothing: no browser" in output


def test_skip_for_an_allowed_reason_passes(tmp_path):
    text = (
        "import pytest\n"
        "def test_x(): pytest.skip('needs the addon queue_job, which is not here')\n"
        "def test_y(): pass\n"
    )
    code, output = run_child(tmp_path, text)
    assert code == 0, output


def test_empty_selection_fails_the_run(tmp_path):
    code, _output = run_child(tmp_path, "def test_good(): pass\n", "-k", "nothing_like_it")
    assert code == NOTHING_RAN
    with pytest.raises(StopError, match="No test ran"):
        verdict([code, code], [])


def test_long_tests_wait_for_their_command(tmp_path):
    text = (
        "import unittest\n"
        "class TestX(unittest.TestCase):\n"
        "    test_tags = {'long'}\n"
        "    def test_x(self): assert False\n"
        "def test_good(): pass\n"
    )
    code, output = run_child(tmp_path, text)
    assert code == 0, output
    assert "1 deselected" in output


def test_complaint_of_the_installation_fails_the_run():
    with pytest.raises(StopError, match="planted"):
        verdict([0, 0], ["WARNING planted"])
