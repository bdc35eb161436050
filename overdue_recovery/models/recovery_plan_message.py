import pytz
import vobject
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.image import image_data_uri

TEMPLATES = {
    "offered": "overdue_recovery.mail_template_plan_offer",
    "active": "overdue_recovery.mail_template_plan",
}
AGREEMENT = "overdue_recovery.plan_agreement"


class RecoveryPlanMessage(models.AbstractModel):
    """What the customer gets in writing of a plan: the agreement, and its days for a calendar."""

    _name = "recovery.plan.message"
    _description = "Payment Plan: messages"

    def action_send(self):
        """Send the customer the plan with the agreement and its days: the offer of it, or once it
        is active its confirmation.

        :raise UserError: it is neither offered nor active, or nobody can be written to
        """
        self.check_access("write")
        for plan in self:
            if plan.state not in TEMPLATES:
                raise UserError(
                    self.env._("%s is neither offered nor active: nothing to send.", plan.name)
                )
            plan._write_to_debtor(TEMPLATES[plan.state], attachments=plan._files())
        return True

    def action_print(self):
        """Print the agreement.

        :raise UserError: the server can't print
        """
        self.ensure_one()
        self.check_access("read")
        return self._action_download(self._file(f"{self._file_name()}.pdf", self._agreement()))

    def action_calendar(self):
        """Give out the days of the plan as a calendar file."""
        self.ensure_one()
        self.check_access("read")
        return self._action_download(self._file(f"{self._file_name()}.ics", self._calendar()))

    def _action_download(self, file):
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{file.id}?download=true",
            "target": "download",
        }

    # -- files -----------------------------------------------------------------------------

    def _files(self):
        """The agreement, where the server can print, and the days of the plan.

        :return: ir.attachment
        """
        name = self._file_name()
        files = self._file(f"{name}.ics", self._calendar())
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() not in ("install", "broken"):
            files = self._file(f"{name}.pdf", self._agreement()) | files
        return files

    def _agreement(self):
        """The agreement as PDF, in the customer's language; printed as letters are.

        sudo: what it says of the plan is for whoever may read the plan.
        """
        plan = self.sudo().with_context(lang=self.message_lang)
        values = {"plan": plan, "image_data_uri": image_data_uri}
        html = plan.env["ir.qweb"]._render(AGREEMENT, values)
        return plan.env["dunning.notice"]._letter_pdf(html)

    def _file_name(self):
        return self.name.replace("/", "-")

    def _file(self, name, content):
        """A file of this plan, the earlier one of this name written anew.

        sudo: who may read the plan gets its files, whoever made them.
        """
        files = self.env["ir.attachment"].sudo()
        domain = [("res_model", "=", self._name), ("res_id", "=", self.id), ("name", "=", name)]
        values = {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        known = files.search(domain, limit=1)
        if known:
            known.raw = content
        return known or files.create(values)

    def _calendar(self):
        """The days of the installments as an iCalendar file, in the customer's language. Whoever
        looks over a shoulder reads no amount."""
        env = self.with_context(lang=self.message_lang).env
        calendar = vobject.iCalendar()
        now = fields.Datetime.now().replace(tzinfo=pytz.utc)
        for row in self.installment_ids:
            event = calendar.add("vevent")
            event.add("uid").value = f"{self._file_name()}-{row.id}@{self._calendar_host()}"
            event.add("dtstamp").value = now
            start = event.add("dtstart")
            # as text: a day and not a moment, whatever the library makes of our dates
            start.isNative, start.value_param = False, "DATE"
            start.value = row.date_due.strftime("%Y%m%d")
            event.add("summary").value = env._("Payment to %s", self.company_id.name)
            event.add("description").value = env._("Ref. %s", self.name)
        return calendar.serialize().encode()

    def _calendar_host(self):
        """What makes the events' ids our own, the same for ever."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    # -- when it matters -------------------------------------------------------------------

    def _write_missed(self):
        """Tell the customer what is missing, and until when the plan can go on."""
        self._write_if_possible("overdue_recovery.mail_template_plan_missed")

    def _thank(self):
        """Thank the customer for the last payment, where its policy says so. With nothing left
        open its case does that when it closes."""
        self.case_id.invalidate_recordset(["item_ids"])
        if self.case_id.item_ids and self.case_id._to_be_thanked(self.company_id):
            self._write_if_possible("overdue_recovery.mail_template_plan_completed")

    def _write_if_possible(self, template):
        """A customer who has no address, or wants no e-mails, gets none."""
        try:
            with self.env.cr.savepoint():
                self._write_to_debtor(template)
        except UserError:
            return

    def _amount_due(self):
        """What is missing of the installments that are due by now."""
        today = self.company_id._recovery_today()
        rows = self.installment_ids.filtered(lambda row: row.date_due <= today)
        return sum(rows.mapped("amount_open"))

    def _date_cure(self):
        """The last day on which a defaulted plan can still be cured."""
        return self.date_defaulted and fields.Date.add(self.date_defaulted, days=self.cure_days)
