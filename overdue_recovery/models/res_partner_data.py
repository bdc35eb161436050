from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import html2plaintext

#: What is kept about a person itself, and about how it wants to be written to.
PERSON = (
    "name",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "email",
    "phone",
    "vat",
    "lang",
    "tz",
    "recovery_debtor_type",
    "recovery_channel",
    "recovery_dead_email",
    "recovery_dead_postal",
    "recovery_opt_out_email",
    "recovery_opt_out_sms",
    "recovery_opt_out_letter",
    "recovery_opt_out_call",
    "recovery_sms_consent",
    "recovery_hours",
)

#: What of each record is about the customer.
CASE = ("date_opened", "date_closed", "state", "outcome", "late_reason_id", "follow_up_date")
INTERACTION = (
    "sequence",
    "date",
    "direction",
    "channel",
    "kind",
    "purpose",
    "outcome",
    "reference",
    "names",
    "address",
    "subject",
    "text",
    "details",
)
NOTICE = ("name", "date", "level_id", "date_due", "state", "reason", "amount_demanded")
NOTICE_LINE = (
    "notice_id",
    "name",
    "kind",
    "date_due",
    "days_overdue",
    "amount_total",
    "amount_paid",
    "amount_residual",
    "amount_demanded",
)
DELIVERY = (
    "notice_id",
    "channel",
    "recipient_id",
    "address",
    "state",
    "sent_on",
    "subject",
    "body",
)
CHARGE = ("date", "kind", "item_name", "date_from", "date_to", "amount", "amount_waived", "state")
HOLD = ("reason_id", "blocks", "date_from", "date_to", "note", "cease_contact")
PROMISE = ("name", "date", "amount", "date_promised", "origin", "cheque_number", "note", "state")
OFFER = ("name", "date_proposed", "kind", "author", "amount_total", "amount", "note", "state")
CALL = ("create_date", "agency_id", "kind", "payload", "state")
NEWS = ("date", "agency_id", "kind", "payload", "state")
DISPUTE = (
    "name",
    "date_opened",
    "document_name",
    "amount_disputed",
    "amount_accepted",
    "reason_id",
    "description",
    "date_closed",
    "state",
)

PLAN = (
    "name",
    "date",
    "amount_total",
    "date_activated",
    "date_defaulted",
    "signed_by",
    "signed_on",
    "note",
    "state",
)
INSTALLMENT = ("plan_id", "sequence", "date_due", "amount", "amount_interest", "amount_paid")
AUTOPAY = ("means", "date_given", "date_active", "date_revoked", "note", "state")
REQUEST = (
    "name",
    "date",
    "kind",
    "origin",
    "text",
    "amount",
    "date_wanted",
    "late_reason_id",
    "answer",
    "date_answered",
    "state",
)


class ResPartnerData(models.AbstractModel):
    """What recovery keeps about a person, as a copy for that person which a program can read.

    Figures of the ledger are no part of it, they stand in the customer's account; what stands on
    notices does.
    """

    _name = "res.partner.recovery.data"
    _description = "Customer: own data"

    def _recovery_own_data(self, companies=None):
        """Everything that recovery keeps about this customer and its contacts; of one contact of
        a customer, what was said to it.

        sudo: a person has a right to its data, also where the one who hands it out may not read
        all of it. The caller has decided that whoever asks is that person, or acts for it. A
        sensitive reason is told to the person itself, and in the office to ``group_sensitive``.

        :param companies: res.company whose data it is; default: those of the environment
        :return: dict of texts, numbers, lists and dicts, ready for ``json.dumps``: ``person``, and
            by section a list with a dict for each record, the oldest first
        """
        self.ensure_one()
        companies = companies or self.env.companies
        people = self.sudo().with_context(active_test=False).search([("id", "child_of", self.id)])
        data = {
            "person": self.sudo()._recovery_plain(PERSON)[0],
            "contacts": (people - self)._recovery_plain(PERSON),
        }
        for section, (model, domain, names) in people._recovery_data_sections(companies).items():
            records = people.env[model].search(domain, order="id")
            data[section] = people._recovery_plain(names, records)
        return data

    def _recovery_data_sections(self, companies):
        """Seam: what is kept about these people, ``{section: (model, domain, names of fields)}``.
        A room that keeps something about a person adds its section by ``super()``."""
        own = [("partner_id", "in", self.ids), ("company_id", "in", companies.ids)]
        of_documents = Domain("move_id.commercial_partner_id", "in", self.ids)
        of_documents |= Domain("move_line_id.partner_id", "in", self.ids)
        sent_to = Domain("partner_id", "in", self.ids) | Domain("recipient_id", "in", self.ids)
        addresses = [partner.email_normalized for partner in self if partner.email_normalized]
        said_to = Domain("case_id.partner_id", "in", self.ids) | Domain("address", "in", addresses)
        of_companies = Domain("company_id", "in", companies.ids)
        return {
            "cases": ("recovery.case", own, CASE),
            "contact_log": (
                "recovery.interaction",
                said_to & Domain("case_id.company_id", "in", companies.ids),
                INTERACTION,
            ),
            "notices": ("dunning.notice", own, NOTICE),
            "items_on_notices": (
                "dunning.notice.line",
                Domain("notice_id.partner_id", "in", self.ids)
                & Domain("notice_id.company_id", "in", companies.ids),
                NOTICE_LINE,
            ),
            "messages": ("dunning.delivery", sent_to & of_companies, DELIVERY),
            "charges": ("recovery.charge", own, CHARGE),
            "holds": (
                "recovery.hold",
                (Domain("partner_id", "in", self.ids) | of_documents) & of_companies,
                HOLD,
            ),
            "promises": ("recovery.promise", own, PROMISE),
            "offers": ("recovery.offer", own, OFFER),
            "disputes": ("recovery.dispute", own, DISPUTE),
            "plans": ("recovery.plan", own, PLAN),
            "requests": ("recovery.request", own, REQUEST),
            "automatic_payments": ("recovery.autopay", own, AUTOPAY),
            "told_to_agencies": ("recovery.outbox", own, CALL),
            "told_by_agencies": ("recovery.inbox", own, NEWS),
        }

    def _recovery_plain(self, names, records=None):
        """These fields of ``records`` (default: of these people) as dicts of plain values."""
        records = self if records is None else records
        return [{name: self._recovery_value(record, name) for name in names} for record in records]

    def _recovery_value(self, record, name):
        """A value as JSON holds it and a person reads it; "" where there is none."""
        value, field = record[name], record._fields[name]
        if field.comodel_name == "recovery.late.reason":
            return value.name or "" if self._may_know(value) else ""
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        if field.type == "selection":
            return dict(field._description_selection(record.env)).get(value, "")
        if field.type == "monetary":
            return f"{value:.{record.currency_id.decimal_places}f} {record.currency_id.name}"
        if field.type == "html":
            return html2plaintext(value or "", include_references=False)
        if field.type in ("date", "datetime"):
            return value.isoformat() if value else ""
        return value if field.type in ("integer", "boolean", "json") else value or ""

    def _may_know(self, reason):
        """Whether this reason of lateness may stand in what the user gets."""
        user = self.env.user
        return (
            not reason.is_sensitive
            or user.share
            or user.has_group("overdue_recovery.group_sensitive")
        )

    def action_recovery_own_data(self):
        """Download what recovery keeps about this customer, for handing it out. Logged.

        :raise AccessError: the user is no manager of recovery
        """
        self.ensure_one()
        self._recovery_check_may_export()
        self._recovery_log_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/recovery/own_data/{self.id}",
        }

    def _recovery_check_may_export(self):
        """:raise AccessError: the user is no manager of recovery, or may not read this customer"""
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise AccessError(
                self.env._("Only a manager of recovery hands out what is kept about a person.")
            )
        self.check_access("read")

    def _recovery_log_export(self):
        """That a copy was handed out is an entry in each of the customer's cases of these
        companies. sudo: the log is written by everybody."""
        cases = self.env["recovery.case"].sudo().with_context(active_test=False)
        found = cases.search(
            [("partner_id", "=", self.id), ("company_id", "in", self.env.companies.ids)]
        )
        self.env["recovery.interaction"].sudo()._log(
            [
                {
                    "case": case,
                    "direction": "note",
                    "channel": "system",
                    "kind": "data_export",
                    "outcome": "done",
                    "details": {"by": self.env.uid},
                }
                for case in found
            ]
        )
