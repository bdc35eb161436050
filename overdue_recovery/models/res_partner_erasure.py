from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

OURS = ("dunning.", "recovery.")
#: Texts of our records that say nothing about a person; any other is erased, new ones too.
KEPT_TEXTS = frozenset(
    [
        "name",
        "document_name",
        "item_name",
        "reason_codes",
        "next_step",
        "outcome",
        "lang",
        "code",
        "origin_model",
        "message_id",
        "letter_digest",
        "res_model",
        "kind",
        "external_ref",
        "external_id",
        "idempotency_key",
        "own_key",
        "previous_digest",
        "payload_digest",
        "digest",
    ]
)
#: The ways in which a record of ours is about a customer.
PATHS = (
    "partner_id",
    "recipient_id",
    "case_id.partner_id",
    "notice_id.partner_id",
    "referral_id.partner_id",
)
#: What a contact keeps of a person when it is made nameless.
CONTACT = (
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "email",
    "phone",
    "vat",
    "ref",
    "website",
    "function",
    "company_name",
    "company_registry",
    "comment",
    "image_1920",
    "recovery_dead_email",
    "recovery_dead_postal",
)


class ResPartnerErasure(models.AbstractModel):
    """Forgetting a person who asks for it (GDPR, article 17), as far as the law lets us.

    What recovery keeps is emptied: the contents of the log with their salts, messages, notes,
    letters, files. What has to stay stays: that something was said and when, with the digests that
    keep the log verifiable; and the records of accounting, which other laws order to be kept.
    Nothing is erased while something is owed: then it is needed for the claim.
    """

    _name = "res.partner.recovery.erasure"
    _description = "Customer: erasure"

    def action_recovery_erase(self):
        """Open the dialog that erases what recovery keeps about this customer."""
        self.ensure_one()
        return self.env["recovery.erasure"]._open_for(self)

    def _recovery_erase(self, reason, make_nameless=False):
        """Erase what recovery keeps about this customer and its contacts in the companies of the
        environment.

        sudo: who may erase is checked; what belongs to a person is erased wherever it stands.

        :param str reason: for the log, without a name, such as "request of 14 March"
        :param bool make_nameless: the contact itself too; for who is in no record that must be kept
        :raise AccessError: the user is no manager of recovery
        :raise UserError: it may not be erased yet, or the reason is missing or names the person
        """
        self.ensure_one()
        self._recovery_check_may_erase(reason)
        companies = self.env.companies
        self._recovery_check_erasable(companies, make_nameless)
        people = self.sudo()._recovery_people()
        people._recovery_erase_log(companies, reason)
        for records in people._recovery_records(companies):
            records.env["res.partner"]._recovery_empty(records)
        people._recovery_forget_reasons(companies)
        if make_nameless:
            people._recovery_make_nameless()

    def _recovery_people(self):
        """This customer and all its contacts."""
        return self.with_context(active_test=False).search([("id", "child_of", self.ids)])

    # -- may it be? ------------------------------------------------------------------------------

    def _recovery_check_may_erase(self, reason):
        if not (self.env.su or self.env.user.has_group("overdue_recovery.group_manager")):
            raise AccessError(self.env._("Only a manager of recovery can erase what was said."))
        self.check_access("write")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why the content is erased: the log keeps the reason."))
        if any(word in reason.casefold() for word in self._recovery_words()):
            raise UserError(
                self.env._("The reason stays in the log: write it without the person's name.")
            )

    def _recovery_words(self):
        """What a reason must not contain, in small letters."""
        people = self.sudo()._recovery_people()
        names = [*people.mapped("name"), *people.mapped("email")]
        return [name.casefold() for name in names if name and len(name) > 2]

    def _recovery_check_erasable(self, companies, make_nameless):
        obstacles = self._recovery_obstacles(companies)
        if make_nameless:
            obstacles += self._recovery_name_obstacles(companies)
        if obstacles:
            raise UserError(
                self.env._(
                    "%(customer)s can't be erased yet. %(obstacles)s",
                    customer=self.display_name,
                    obstacles=" ".join(obstacles),
                )
            )

    def _recovery_obstacles(self, companies):
        """Why nothing may be erased yet, in sentences. Seam: a room adds its own by ``super()``.

        sudo: what is owed counts whoever may see it.
        """
        people = self.sudo()._recovery_people()
        owed = people.env["account.move.line"].search_count(
            [
                ("partner_id", "in", people.ids),
                ("company_id", "in", companies.ids),
                ("parent_state", "=", "posted"),
                ("account_id.account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("amount_residual", "!=", 0),
            ]
        )
        on_the_way = people.env["dunning.delivery"].search_count(
            [
                ("partner_id", "in", people.ids),
                ("company_id", "in", companies.ids),
                ("state", "in", ("queued", "held", "sending")),
            ]
        )
        disputed = people.env["recovery.dispute"].search_count(
            [
                ("partner_id", "in", people.ids),
                ("company_id", "in", companies.ids),
                ("state", "in", ("open", "investigating", "mediation")),
            ]
        )
        found = []
        if owed:
            found.append(
                self.env._(
                    "%s items are open in its account: what is kept is needed to establish, "
                    "exercise or defend the claim (GDPR, article 17 (3) e). Settle, credit or "
                    "write them off first.",
                    owed,
                )
            )
        if disputed:
            found.append(self.env._("%s disputes are not decided yet.", disputed))
        if on_the_way:
            found.append(self.env._("%s messages are on their way: cancel them first.", on_the_way))
        return found

    def _recovery_name_obstacles(self, companies):
        """Why the contact itself must keep its name, in sentences.

        sudo: other companies count, whoever may see them.
        """
        people = self.sudo()._recovery_people()
        found = []
        if people.user_ids:
            found.append(self.env._("It has a login: delete the user first."))
        moves = people.env["account.move"].search_count(
            [("commercial_partner_id", "in", people.ids), ("company_id", "not in", companies.ids)]
        )
        if moves:
            found.append(self.env._("It is a customer of other companies too."))
        return found

    def _recovery_kept(self):
        """What stays and why, in sentences for who answers the request."""
        found = [
            self.env._(
                "The log keeps that something was sent or said, when and on which channel, and "
                "its digests; names, addresses, texts and salts are gone for good."
            )
        ]
        moves = self.env["account.move"].search_count(
            [("commercial_partner_id", "in", self.ids), ("state", "=", "posted")]
        )
        if moves:
            found.append(
                self.env._(
                    "%s invoices, credit notes and entries stay, with the name that stands on "
                    "them: tax and commercial law order that they be kept for years (GDPR, "
                    "article 17 (3) b). Make the contact nameless only when those years are over.",
                    moves,
                )
            )
        return found

    # -- erase -----------------------------------------------------------------------------------

    def _recovery_erase_log(self, companies, reason):
        """Erase the contents of the log that are about these people, and of what was sent to
        their addresses in other cases."""
        addresses = [partner.email_normalized for partner in self if partner.email_normalized]
        contents = self.env["recovery.interaction.content"].search(
            Domain("interaction_id.case_id.company_id", "in", companies.ids)
            & (
                Domain("interaction_id.case_id.partner_id", "in", self.ids)
                | Domain("address", "in", addresses)
            )
        )
        contents._erase(reason)

    def _recovery_records(self, companies):
        """Our records about these people in these companies, model by model: all that name a
        customer, messages to them, and holds on their documents."""
        for name in sorted(self.env.registry):
            model = self.env[name]
            if not name.startswith(OURS) or model._abstract or not model._auto:
                continue
            domain = self._recovery_record_domain(model)
            if domain is not None:
                if "company_id" in model._fields:
                    domain &= Domain("company_id", "in", companies.ids)
                yield model.with_context(active_test=False).search(domain)

    def _recovery_record_domain(self, model):
        """Which records of ``model`` are about these people; None: it knows no people."""
        domains = [
            Domain(name, "in", self.ids)
            for name in PATHS
            if self._recovery_is_stored(model, name.split(".")[0])
        ]
        if model._name == "recovery.hold":
            domains += [
                Domain("move_id.commercial_partner_id", "in", self.ids),
                Domain("move_line_id.partner_id", "in", self.ids),
            ]
        is_about_others = model._name in ("recovery.interaction", "recovery.agency")
        return Domain.OR(domains) if domains and not is_about_others else None

    def _recovery_is_stored(self, model, name):
        field = model._fields.get(name)
        return field is not None and (field.store or field.related is not None) and field.relational

    def _recovery_empty(self, records):
        """Empty the texts of our records, and delete their files, messages and tasks.

        Below the ORM: neither guards nor tracking may keep what is to be forgotten.
        """
        if not records:
            return
        if records._transient:
            records.unlink()
            return
        self._recovery_delete_around(records)
        columns = {
            name: self.env._("Erased") if field.required else None
            for name, field in records._fields.items()
            if field.type in ("char", "text", "html") and field.store and field.column_type
            if name not in KEPT_TEXTS and not field.translate
        }
        reason = records._fields.get("late_reason_id")
        if reason is not None and reason.store and not reason.required:
            columns["late_reason_id"] = None
        if not columns:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id IN %s",
                SQL.identifier(records._table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in columns.items()
                ),
                tuple(records.ids),
            )
        )
        records.invalidate_recordset(flush=False)

    def _recovery_delete_around(self, records):
        """Delete the files, messages and tasks of our records. Mails go with their messages."""
        here = [("res_id", "in", records.ids)]
        of_them = [("res_model", "=", records._name), *here]
        files = self.env["ir.attachment"].search([*of_them, ("id", "!=", 0)])
        for field in records._fields.values():
            if field.comodel_name == "ir.attachment" and field.store:
                files |= records[field.name]
        documents = files.filtered(lambda file: file.res_model == "account.move")
        (files - documents).unlink()
        messages = self.env["mail.message"].search([("model", "=", records._name), *here])
        messages.unlink()
        tasks = self.env["mail.activity"].with_context(active_test=False)
        tasks.search(of_them).unlink()

    def _recovery_forget_reasons(self, companies):
        """Why they were late is no record of accounting, though it stands on documents."""
        moves = self.env["account.move"].search(
            [
                ("commercial_partner_id", "in", self.ids),
                ("company_id", "in", companies.ids),
                ("late_reason_id", "!=", False),
            ]
        )
        moves.with_context(tracking_disable=True).write({"late_reason_id": False})

    def _recovery_make_nameless(self):
        """The contacts keep their places, and nothing of the person."""
        self.bank_ids.unlink()
        empty = {name: False for name in CONTACT if name in self._fields}
        for partner in self.with_context(tracking_disable=True):
            partner.write({**empty, "name": self.env._("Erased contact %s", partner.id)})
        of_them = [("model", "=", "res.partner"), ("res_id", "in", self.ids)]
        self.env["mail.message"].search(of_them).unlink()
        self.env["mail.activity"].with_context(active_test=False).search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.ids)]
        ).unlink()
        self.env.flush_all()
