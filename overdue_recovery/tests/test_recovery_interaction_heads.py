import json

from odoo.tests import tagged

from .test_recovery_interaction import InteractionCase


@tagged("post_install", "-at_install")
class TestRecoveryInteractionHeads(InteractionCase):
    """Digests kept elsewhere show that newest entries were cut off."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"recovery_export_heads": True, "recovery_heads_email": "archive@notary.example"}
        )

    def _files(self):
        return self.Interaction._heads_files(self.company)

    def _lines(self, file):
        return [json.loads(line) for line in file.raw.splitlines()]

    def test_the_file_names_the_end_of_each_log(self):
        self._log(self._entry(text="1"), self._entry(text="2"), self._entry(self.other_case))
        self.Interaction._export_heads()
        head, *lines = self._lines(self._files())
        last = {
            case: case.interaction_ids.sorted("sequence")[-1]
            for case in (self.case, self.other_case)
        }
        own = [line for line in lines if line["case"] in (self.case.id, self.other_case.id)]
        self.assertEqual(
            own,
            [
                {"case": case.id, "sequence": entry.sequence, "digest": entry.digest}
                for case, entry in last.items()
            ],
        )
        self.assertEqual(head["cases"], len(lines))

    def test_one_file_a_day_however_often(self):
        self._log()
        for _time in range(3):
            self.Interaction._export_heads()
        self.assertEqual(len(self._files()), 1)
        mails = self.env["mail.mail"].search([("email_to", "=", "archive@notary.example")])
        self.assertEqual(mails.attachment_ids, self._files())

    def test_a_later_file_names_only_what_is_new(self):
        self._log(self._entry(), self._entry(self.other_case))
        self.Interaction._export_heads()
        first = self._files()
        first.name = "log-heads-2020-01-01.jsonl"
        self._log(self._entry(text="Second"))
        self.Interaction._export_heads()
        _head, *lines = self._lines(self._files()[0])
        self.assertEqual([line["case"] for line in lines], [self.case.id])
        self.assertEqual(self.Interaction._exported_head(self.other_case)[2], first.name)

    def test_a_company_that_does_not_want_it_has_no_file(self):
        self.company.recovery_export_heads = False
        self._log()
        self.Interaction._export_heads()
        self.assertFalse(self._files())

    def test_without_an_address_nothing_is_sent(self):
        self.company.recovery_heads_email = False
        self._log()
        self.Interaction._export_heads()
        self.assertTrue(self._files())
        self.assertFalse(self.env["mail.mail"].search([("subject", "like", "Digests of")]))

    def test_entries_that_were_cut_off_are_seen(self):
        entries = self._log(*(self._entry(text=str(n)) for n in range(3)))
        self.Interaction._export_heads()
        self.assertIn("whole", self.Interaction._verify_case(self.case))
        last = entries[-1]
        self._tamper("DELETE FROM recovery_interaction_content WHERE interaction_id = %s", last.id)
        self._tamper("DELETE FROM recovery_interaction WHERE id = %s", last.id)
        self.assertIsNone(self._first_broken())
        action = self.case.action_verify_log()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertRegex(action["params"]["message"], "cut off: it ends with entry 2.*log-heads-")

    def test_a_log_that_goes_on_is_whole(self):
        self._log()
        self.Interaction._export_heads()
        self._log(self._entry(text="Later"))
        self.assertIn("whole", self.Interaction._verify_case(self.case))

    def test_the_daily_job_writes_the_file(self):
        self._log()
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(len(self._files()), 1)
