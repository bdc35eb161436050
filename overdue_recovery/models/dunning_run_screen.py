from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, formatLang


class DunningRunScreen(models.AbstractModel):
    """What the screens of a run show and open."""

    _name = "dunning.run.screen"
    _description = "Run: its screens"

    figures = fields.Html(compute="_compute_figures", sanitize=False)

    never_sent_count = fields.Integer(
        string="Never sent",
        compute="_compute_never_sent_count",
        help="Invoices on proposed notices that nobody was sent: look before you remind.",
    )

    @api.depends("stats")
    @api.depends_context("lang")
    def _compute_figures(self):
        for run in self:
            values = run._figures_values(run.stats) if run.stats else {}
            run.figures = values and self.env["ir.qweb"]._render(
                "overdue_recovery.dunning_run_figures", values
            )

    def _figures_values(self, stats):
        """The run's ``stats`` as words and formatted amounts, for the table on its form."""
        texts = self.env["dunning.reason"]._texts()
        amounts = stats.get("amount_by_level", {})
        return {
            **{name: stats.get(name, 0) for name in ("customers", "items", "seconds")},
            "totals": ", ".join(self._money_by_code(stats.get("amounts", {}))),
            "levels": [
                {
                    "name": name,
                    "count": count,
                    "amount": formatLang(
                        self.env, amounts.get(name, 0), currency_obj=self.currency_id
                    ),
                }
                for name, count in stats.get("notices_by_level", {}).items()
            ],
            "reasons": [
                {"text": texts.get(code, code), "count": count}
                for code, count in sorted(
                    stats.get("left_out", {}).items(), key=lambda pair: -pair[1]
                )
            ],
        }

    def _money_by_code(self, amounts):
        """Formatted amounts of ``{currency code: amount}``."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        currencies = currencies.search([("name", "in", list(amounts))])
        by_code = currencies.grouped("name")
        return [
            formatLang(self.env, amount, currency_obj=by_code[code])
            for code, amount in amounts.items()
        ]

    def action_view_notices(self):
        """Open this run's notices."""
        return self._action_of("overdue_recovery.dunning_notice_action", {"search_default_live": 1})

    def action_view_levels(self):
        """Open this run's notices by level."""
        return self._action_of(
            "overdue_recovery.dunning_notice_action",
            {"search_default_live": 1, "search_default_group_level": 1},
        )

    def _compute_never_sent_count(self):
        """Invoices that this run asks for and that, as far as core knows, nobody was sent."""
        for run in self:
            run.never_sent_count = len(run._never_sent_ids()) if run.state == "proposed" else 0

    def _never_sent_ids(self):
        """Ids of those invoices, in one statement."""
        self.env["dunning.notice.line"].flush_model()
        self.env["account.move"].flush_model(["is_move_sent"])
        query = SQL(
            """
            SELECT DISTINCT move.id
              FROM dunning_notice notice
              JOIN dunning_notice_line line ON line.notice_id = notice.id AND line.kind = 'rising'
              JOIN account_move_line item ON item.id = line.move_line_id
              JOIN account_move move ON move.id = item.move_id
             WHERE notice.run_id = %s AND notice.state = 'proposed'
               AND move.move_type = 'out_invoice' AND move.is_move_sent IS NOT TRUE
            """,
            self.id,
        )
        return [move_id for (move_id,) in self.env.execute_query(query)]

    def action_view_never_sent(self):
        """Open the invoices of this run that were never sent."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        domain = [("id", "in", self._never_sent_ids())]
        return {**action, "domain": domain, "context": {"create": False}}

    def action_view_exceptions(self):
        """Open who was left out of this run, by reason."""
        return self._action_of(
            "overdue_recovery.dunning_exception_action", {"search_default_group_reason": 1}
        )

    def _action_of(self, xmlid, context, domain=Domain.TRUE):
        """A window action with what of this run ``domain`` says."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        own = Domain("run_id", "=", self.id) & domain
        return {**action, "domain": list(own), "context": context}
