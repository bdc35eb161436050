import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged

GUIDE = Path(__file__).parents[2] / "docs" / "integrator.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
NAMED = re.compile(r"`((?:dunning|recovery|account|res)(?:\.\w+)+)\.(_?\w+)\(")


@tagged("post_install", "-at_install")
class TestSeams(TransactionCase):
    """What the guide for integrators names is there."""

    def test_every_method_that_the_guide_names_exists(self):
        found = NAMED.findall(GUIDE.read_text())
        self.assertGreater(len(found), 8)
        for model, method in found:
            with self.subTest(model=model, method=method):
                self.assertTrue(callable(getattr(self.env[model], method, None)))

    def test_every_example_of_the_guide_extends_what_is_there(self):
        blocks = BLOCK.findall(GUIDE.read_text())
        self.assertGreater(len(blocks), 2)
        for block in blocks:
            compile(block, str(GUIDE), "exec")
        for model in re.findall(r'_inherit = "([\w.]+)"', "".join(blocks)):
            self.assertIn(model, self.env)
        for hook in re.findall(r"super\(\)\.(\w+)\(", "".join(blocks)):
            self.assertTrue(hasattr(self.env["recovery.charge.rule"], hook))

    def test_the_pause_of_the_guide_holds_a_customer(self):
        (example,) = (
            block for block in BLOCK.findall(GUIDE.read_text()) if "recovery.hold" in block
        )
        names = set(re.findall(r'^ +"(\w+)":', example, re.M))
        self.assertLessEqual(names, self.env["recovery.hold"]._fields.keys())
        self.assertIn("reason_id", names)
