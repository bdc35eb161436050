from odoo import SUPERUSER_ID, models


class RecoveryCaseActivity(models.AbstractModel):
    """Tasks for the owner of a case."""

    _name = "recovery.case.activity"
    _description = "Case: tasks of its owner"

    def _plan_activity(self, kind, summary, note="", user=None):
        """A task for the owner of this case, due today, without an e-mail about it.

        sudo: the engine plans it, whoever woke it.

        :param kind: mail.activity.type
        :param user: who has it instead of the owner
        :return: the mail.activity
        """
        self.ensure_one()
        owner = user or self.user_id or self.company_id.recovery_user_id
        nobody = self.env.uid == SUPERUSER_ID or self.env.user.share
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                activity_type_id=kind.id,
                date_deadline=self.company_id._recovery_today(),
                summary=summary,
                note=note,
                user_id=owner.id or (not nobody and self.env.uid),
            )
        )
