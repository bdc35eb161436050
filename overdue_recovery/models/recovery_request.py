from odoo import api, fields, models
from odoo.exceptions import UserError

#: Longest text of a request, in characters: a letter, not a book.
TEXT_LIMIT = 4000
#: What a person may change of a request by hand; its end comes with the answer.
WRITABLE = {
    "activity_ids",
    "deadline",
    "message_follower_ids",
    "message_main_attachment_id",
    "user_id",
}


class RecoveryRequest(models.Model):
    """What a customer asks of us and a person must answer.

    While it is open no demand goes out: the pause ends with the answer and not before, so a
    request that nobody answers never ends in a notice. When its deadline has passed, a manager has
    the task too. Nothing is approved or rejected by itself.

    A customer has one open request of a kind: who asks again adds to it.

    Seams: add a kind to ``kind``, and to ``_approvals()`` what follows when it is approved.
    """

    _name = "recovery.request"
    _description = "Request of a Customer"
    _inherit = [
        "recovery.request.answer.mixin",
        "recovery.request.message",
        "recovery.case.part.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "deadline, id"
    _log_kind = "request"
    _transitions = {
        "open": {"approved", "countered", "rejected", "withdrawn"},
        "approved": set(),
        "countered": set(),
        "rejected": set(),
        "withdrawn": set(),
    }

    state = fields.Selection(
        [
            ("open", "Open"),
            ("approved", "Approved"),
            ("countered", "Countered"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    kind = fields.Selection(
        [
            ("help", "Help"),
            ("new_date", "A new due date"),
            ("promise", "Pay on a later date"),
            ("plan", "Pay in installments"),
            ("not_received", "Invoice never received"),
            ("counter_offer", "Counter-offer"),
            ("paid_proof", "Says it is paid"),
            ("preferences", "Contact and data"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    author_id = fields.Many2one(
        "res.partner",
        string="Asked by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    origin = fields.Selection(
        [("clerk", "Told us"), ("portal", "Portal"), ("link", "Link in a message")],
        default="clerk",
        required=True,
        readonly=True,
    )
    text = fields.Text(readonly=True, help="In the customer's own words.")
    move_line_ids = fields.Many2many(
        "account.move.line",
        "recovery_request_item_rel",
        "request_id",
        "move_line_id",
        string="Items",
        readonly=True,
        help="What it is about; empty: all that is open.",
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="What the customer would pay.")
    date_wanted = fields.Date(string="Asked for", readonly=True, help="The day asked for.")
    offer_id = fields.Many2one(
        "recovery.offer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    plan_id = fields.Many2one(
        "recovery.plan", readonly=True, index="btree_not_null", ondelete="set null"
    )
    late_reason_id = fields.Many2one(
        "recovery.late.reason", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files", readonly=True, copy=False)
    date = fields.Date(string="Asked on", required=True, readonly=True)
    deadline = fields.Date(
        string="Answer by",
        required=True,
        index=True,
        tracking=True,
        help="After this day a manager has the task too. Until the answer no reminder goes out.",
    )
    user_id = fields.Many2one(
        "res.users", string="Answers", index="btree_not_null", tracking=True, help="Who answers."
    )
    escalated_on = fields.Date(readonly=True, copy=False, help="When a manager got the task.")
    answer = fields.Text(readonly=True, copy=False, help="As the customer reads it.")
    date_answered = fields.Date(string="Answered on", readonly=True, copy=False)
    answered_by_id = fields.Many2one(
        "res.users", string="Answered by", readonly=True, copy=False, ondelete="restrict"
    )

    _one_open = models.UniqueIndex(
        "(partner_id, company_id, kind) WHERE state = 'open'",
        "This customer has asked for that already and waits for our answer.",
    )
    _text_length = models.Constraint(
        f"CHECK(length(text) <= {TEXT_LIMIT})", "The text of a request is too long."
    )

    # -- make ------------------------------------------------------------------------------

    @api.model
    def _ask(self, case, kind, text="", **values):
        """What this customer asks, as its one open request of that kind.

        Who asks again adds to it: the same words change nothing, others are logged and their
        files kept with it.

        sudo: the customer asks, whoever is logged in.

        :return: the request that waits for an answer
        """
        requests = self.sudo()
        domain = [
            ("partner_id", "=", case.partner_id.id),
            ("company_id", "=", case.company_id.id),
            ("kind", "=", kind),
            ("state", "=", "open"),
        ]
        waiting = requests.search(domain, limit=1)
        if waiting:
            waiting._add(text, values.get("attachment_ids"))
            return waiting
        return requests.create({"case_id": case.id, "kind": kind, "text": text, **values})

    @api.model_create_multi
    def create(self, vals_list):
        """Note requests of the customers of cases: ``case_id``, ``kind`` and ``text``; what
        follows from the case is filled in.

        :raise UserError: the text is longer than a letter
        """
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            request = super().create([{**vals, **self._fixed_values(vals)}])
            request.sudo()._begin()
            made |= request
        return made

    @api.model
    def _fixed_values(self, vals):
        """What follows from the case and from the day."""
        case = self.env["recovery.case"].browse(vals.get("case_id")).exists()
        if not case:
            raise UserError(self.env._("Say whose request it is: choose the case."))
        case.check_access("read")
        company = case.company_id
        today = company._recovery_today()
        sequence = self.env["ir.sequence"].with_company(company)
        return {
            "name": sequence.next_by_code("recovery.request", sequence_date=today) or "/",
            "partner_id": case.partner_id.id,
            "company_id": company.id,
            "currency_id": vals.get("currency_id") or company.currency_id.id,
            "text": self._checked_text(vals.get("text")),
            "date": today,
            "deadline": company._recovery_request_deadline(),
            "user_id": vals.get("user_id") or case.sudo()._reply_user().id,
            "escalated_on": False,
            "answer": False,
            "date_answered": False,
            "answered_by_id": False,
        }

    @api.model
    def _checked_text(self, text):
        text = (text or "").replace("\0", "").strip()
        if len(text) > TEXT_LIMIT:
            raise UserError(self.env._("Please say it in no more than %s characters.", TEXT_LIMIT))
        return text

    def _begin(self):
        """Demands rest, and whoever answers has a task with a deadline."""
        self._pause()
        self._plan_task(self.env._("Answer %s", self.name))
        self._take_files()
        self._log_request(self.text)
        self.env["recovery.case.dirty"]._put(self.case_id)

    def _add(self, text, files=None):
        """The customer asks again for what it waits for."""
        text = self._checked_text(text)
        known = (
            self.text,
            *self.case_id.interaction_ids.filtered(
                lambda entry: entry.reference == self.name
            ).mapped("text"),
        )
        if files:
            self.attachment_ids = files
            self._take_files()
        if files or text not in known:
            self._log_request(text)

    def _take_files(self):
        self.attachment_ids.filtered(lambda file: not file.res_id).write(
            {"res_model": self._name, "res_id": self.id}
        )

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        if by_hand and not vals.keys() <= WRITABLE:
            raise UserError(self.env._("What a customer asked for is fixed: answer it."))
        result = super().write(vals)
        if not {"user_id", "deadline"}.isdisjoint(vals):
            self.filtered(lambda request: request.state == "open")._replan_task()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Requests are kept: answer them."))

    # -- the pause -------------------------------------------------------------------------

    def _pause(self):
        """No demand until the answer, however long it takes."""
        self.env["recovery.hold"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "reason_id": self.case_id._reply_reason().id,
                "blocks": "contact",
                "date_from": self.date,
                "date_review": False,
                "note": self.name,
                "origin_model": self._name,
                "origin_id": self.id,
            }
        )

    def _end_pause(self):
        holds = self.env["recovery.hold"].search(
            [
                ("origin_model", "=", self._name),
                ("origin_id", "in", self.ids),
                ("date_to", "=", False),
            ]
        )
        holds.action_end()
        self.env["recovery.case.dirty"]._put(self.case_id)

    # -- the task --------------------------------------------------------------------------

    def _task_of_owner(self):
        return "overdue_recovery.mail_activity_type_request", "deadline"

    @api.model
    def _escalate(self):
        """Requests whose deadline has passed: a manager has the task too, once. Nothing else
        happens to them, and the pause stays.

        sudo: nobody watches this job, and it looks after every company.
        """
        waiting = self.sudo().search([("state", "=", "open"), ("escalated_on", "=", False)])
        for company, requests in waiting.grouped("company_id").items():
            today = company._recovery_today()
            late = requests.filtered(lambda request, today=today: request.deadline < today)
            late._tell_manager(company._recovery_manager())
            late.escalated_on = today

    def _tell_manager(self, manager):
        for request in self.with_context(mail_activity_quick_update=True):
            request.activity_schedule(
                "overdue_recovery.mail_activity_type_request",
                date_deadline=request.deadline,
                summary=self.env._("%s was not answered in time", request.name),
                user_id=(manager or request.user_id or self.env.user).id,
            )
