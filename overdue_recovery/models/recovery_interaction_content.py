from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..calc import chain


class RecoveryInteractionContent(models.Model):
    """Who was in a contact and what was said: the part of the log that can be erased.

    Made together with its entry by ``recovery.interaction._log``. The entry keeps the digest of
    salt and content, so that content which stands here can be proven and content which is erased
    can't be guessed; the salt is erased with it. The entry itself stays for good, therefore the
    key to it restricts nothing that could ever happen and no entry goes when its content does.
    """

    _name = "recovery.interaction.content"
    _description = "Content of a Contact"
    _rec_name = "subject"
    _log_access = False

    interaction_id = fields.Many2one(
        "recovery.interaction",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    names = fields.Char(readonly=True, help="Who wrote or spoke, and to whom.")
    address = fields.Char(readonly=True, help="E-mail address, telephone number or postal address.")
    subject = fields.Char(readonly=True)
    text = fields.Text(readonly=True, help="As it was sent, received or noted.")
    details = fields.Text(readonly=True, help="Further facts, as a JSON object.")
    salt = fields.Char(readonly=True, size=32)
    erased_on = fields.Datetime(readonly=True)

    _interaction_uniq = models.Constraint(
        "UNIQUE (interaction_id)", "A contact has one content only."
    )

    def _erase(self, reason):
        """Empty what the law asks to forget; that it was erased, and why, becomes an entry.

        The rows stay, emptied and dated, and the chain stays verifiable. What is erased already
        is left out. Naming a person in ``reason`` would undo the work.

        :param str reason: for the log, such as "request of 14 March"
        :return: the entries of kind ``erasure``
        :raise AccessError: the user is no manager, or may not read these contents
        :raise UserError: no reason is given
        """
        self._check_may_erase(reason)
        contents = self.sudo().filtered(lambda content: not content.erased_on)
        emptied = dict.fromkeys((*chain.CONTENT, "salt"), False)
        # past our own write(), which refuses everybody
        models.Model.write(contents, {**emptied, "erased_on": fields.Datetime.now()})
        contents.flush_recordset()
        return self.env["recovery.interaction"]._log(
            [
                {
                    "case": content.interaction_id.case_id,
                    "direction": "note",
                    "channel": "system",
                    "kind": "erasure",
                    "refers_to": content.interaction_id.sequence,
                    "text": reason,
                }
                for content in contents
            ]
        )

    def _check_may_erase(self, reason):
        if not (self.env.su or self.env.user.has_group("overdue_recovery.group_manager")):
            raise AccessError(self.env._("Only a manager of recovery can erase what was said."))
        self.check_access("read")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the content is erased: the log keeps the reason."))

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(
            self.env._(
                "Contents of the log are made by what is sent, said and done, never by hand."
            )
        )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What was said is never changed; a manager can have it erased."))

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(self.env._("What was said is never deleted; a manager can have it erased."))
