import doctest
import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import archive, chain
from odoo.addons.overdue_recovery.tools import verify_evidence
from odoo.tests import BaseCase, tagged

NAMES = st.text("abcXYZé019-_", min_size=1, max_size=20)
FILES = st.dictionaries(NAMES, st.binary(max_size=50), max_size=5)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@tagged("post_install", "-at_install")
class TestCalcArchive(BaseCase):
    def test_the_examples_hold(self):
        result = doctest.testmod(archive)
        self.assertGreater(result.attempted, 0)
        self.assertFalse(result.failed)

    @settings(max_examples=50, deadline=None)
    @given(FILES)
    def test_what_is_packed_comes_out_again(self, files):
        pack = archive.archive(files)
        with zipfile.ZipFile(io.BytesIO(pack)) as source:
            self.assertEqual({name: source.read(name) for name in source.namelist()}, files)
        self.assertEqual(verify_evidence.archive(files), pack)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.fixed_dictionaries(dict.fromkeys(chain.CONTENT, TEXTS)), max_size=4))
    def test_the_checker_reads_chains_as_we_write_them(self, contents):
        lines, previous = [], chain.GENESIS
        for number, content in enumerate(contents, start=1):
            columns = {"sequence": number, "payload_digest": chain.payload_digest("5a", content)}
            digest = chain.link_digest(previous, columns)
            lines.append(
                {
                    "columns": columns,
                    "previous_digest": previous,
                    "digest": digest,
                    "salt": "5a",
                    "content": content,
                }
            )
            previous = digest
        text = b"".join(archive.canonical(line) + b"\n" for line in lines)
        self.assertEqual(verify_evidence.check_log(text), ([line["digest"] for line in lines], 0))
