from odoo.tests import Form, tagged

from .common import RecoveryCommon

# What opens for each treatment.
OPENS = {
    "wait": "recovery.promise.create",
    "plan": "recovery.plan.create",
    "hardship": "recovery.hardship.create",
    "talk": "recovery.call.log",
    "resend": "account.move",
    "correct": "recovery.dispute.create",
    "trace": "recovery.hold.create",
    "autopay": "recovery.autopay.create",
    "remind": "dunning.notice",
}
ASKING = (
    "recovery.promise.create",
    "recovery.plan.create",
    "recovery.offer.create",
    "recovery.hardship.create",
)


@tagged("post_install", "-at_install")
class TestRecoveryCaseTreatment(RecoveryCommon):
    """Why it is late is asked wherever we talk to a customer, and what helps is one click away."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(20, 100)
        self.case = self.partner_a._recovery_case(self.company)

    def _reason(self, treatment):
        return self.env["recovery.late.reason"].create(
            {"name": treatment, "code": f"test_{treatment}", "treatment": treatment}
        )

    def test_every_treatment_begins_with_something(self):
        treatments = dict(self.env["recovery.late.reason"]._fields["treatment"].selection)
        self.assertEqual(set(self.case._treatments()), set(treatments))
        self.assertEqual(set(OPENS), set(treatments))

    def test_each_opens_what_helps(self):
        for treatment, model in OPENS.items():
            with self.subTest(treatment=treatment), self.env.cr.savepoint() as savepoint:
                self.case.late_reason_id = self._reason(treatment)
                self.assertEqual(self.case.late_treatment, treatment)
                self.assertEqual(self.case.action_treat()["res_model"], model)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_payment_is_traced_under_a_hold_on_the_customer(self):
        self.case.late_reason_id = self._reason("trace")
        context = self.case.action_treat()["context"]
        dialog = self.env["recovery.hold.create"].with_context(**context).create({})
        dialog.action_hold()
        self.assertEqual(self._codes(self._items(self.invoice))[:1], ["says_paid"])

    def test_each_dialog_asks_why_and_says_what_helps(self):
        reason = self._reason("hardship")
        reason.suggested_treatment = "Ask nothing about it."
        for model in ASKING:
            with self.subTest(dialog=model):
                action = self.env[model]._open_for(self.case)
                dialog = self.env[model].browse(action["res_id"])
                with Form(dialog) as form:
                    form.late_reason_id = reason
                    self.assertFalse(form.rather_not_say)
                    self.assertEqual(form.treatment, "hardship")
                    self.assertEqual(form.suggested_treatment, "Ask nothing about it.")

    def test_a_dialog_gives_way_to_what_helps_and_notes_the_reason(self):
        action = self.case.action_offer()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        dialog.late_reason_id = self._reason("hardship")
        self.assertEqual(dialog.action_treat()["res_model"], "recovery.hardship.create")
        self.assertEqual(self.case.late_reason_id.treatment, "hardship")
        self.assertFalse(self.case.offer_ids)

    def test_an_offer_notes_the_reason(self):
        action = self.case.action_offer()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        dialog.write({"late_reason_id": self._reason("plan").id, "amount": 80})
        dialog.action_make()
        self.assertEqual(self.case.late_reason_id.treatment, "plan")
