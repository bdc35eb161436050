from odoo import api, fields, models, tools


class DunningPolicyCharge(models.AbstractModel):
    """Whether the customers of a policy are charged for being late, and from when on."""

    _name = "dunning.policy.charge"
    _description = "Policy: charges"

    charges = fields.Boolean(
        string="Charge for late payment",
        help="Charges may be made, where an active law row allows them.",
    )
    charges_since = fields.Date(
        string="Charge items due since",
        compute="_compute_charges_since",
        store=True,
        readonly=False,
        help="Items that fell due earlier are never charged: switching on doesn't reach back.",
    )

    @api.depends("charges")
    def _compute_charges_since(self):
        for policy in self:
            today = policy.company_id and policy.company_id._recovery_today()
            policy.charges_since = policy.charges and (policy.charges_since or today)

    @api.model
    @tools.ormcache("company_id")
    def _is_charging(self, company_id):
        """Whether any policy of this company charges: the one question that a company which
        doesn't is asked.

        sudo: it decides for customers whose policy the user may not see.
        """
        domain = [("company_id", "=", company_id), ("charges", "=", True)]
        return bool(self.sudo().search_count(domain, limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._charges_switched()
        return policies

    def write(self, vals):
        if "charges" in vals and not vals["charges"]:
            # what fell due while it was off is not charged when it is on again
            vals = {**vals, "charges_since": False}
        result = super().write(vals)
        if {"charges", "company_id", "active"} & set(vals):
            self._charges_switched()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _charges_switched(self):
        """Show the screens of charges once something is charged; let drafts go when it ends."""
        self.env.registry.clear_cache()
        if any(policy.charges for policy in self):
            self.env["res.groups"]._recovery_show("group_charges")
        off = self.filtered(lambda policy: not policy.charges)
        notices = self.env["dunning.notice"].sudo()
        notices.search(
            [
                ("level_id.policy_id", "in", off.ids),
                ("state", "in", ("proposed", "issued")),
                ("amount_charges", ">", 0),
            ]
        )._draft_charges()
