import doctest

from odoo.addons.overdue_recovery.calc import chain
from odoo.tests import BaseCase, tagged


@tagged("post_install", "-at_install")
class TestCalcChain(BaseCase):
    def _chain(self, count=4):
        links, previous = [], chain.GENESIS
        for sequence in range(1, count + 1):
            content = {"text": f"Message {sequence}"}
            digest_of_content = chain.payload_digest("5a17", content)
            columns = {"sequence": sequence, "payload_digest": digest_of_content}
            digest = chain.link_digest(previous, columns)
            links.append(chain.Link(columns, previous, digest, content, "5a17"))
            previous = digest
        return links

    def test_the_examples_hold(self):
        result = doctest.testmod(chain)
        self.assertGreater(result.attempted, 0)
        self.assertFalse(result.failed)

    def test_a_chain_as_written_is_whole(self):
        self.assertIsNone(chain.first_broken(self._chain()))

    def test_an_entry_that_is_taken_out_is_named(self):
        links = self._chain()
        for index, link in enumerate(links[:-1]):
            with self.subTest(index=index):
                rest = [other for other in links if other is not link]
                self.assertEqual(chain.first_broken(rest), index + 1)

    def test_two_entries_can_not_change_places(self):
        first, second, *rest = self._chain()
        self.assertEqual(chain.first_broken([second, first, *rest]), 1)

    def test_content_of_another_entry_is_noticed(self):
        first, second, *rest = self._chain()
        swapped = chain.Link(
            second.columns, second.previous_digest, second.digest, first.content, first.salt
        )
        self.assertEqual(chain.first_broken([first, swapped, *rest]), 2)

    def test_a_recomputed_digest_breaks_the_next_entry(self):
        first, second, third, *rest = self._chain()
        columns = {**second.columns, "kind": "other"}
        digest = chain.link_digest(second.previous_digest, columns)
        forged = chain.Link(columns, second.previous_digest, digest, second.content, second.salt)
        self.assertEqual(chain.first_broken([first, forged, third, *rest]), 3)
