from lxml import etree
from odoo import Command
from odoo.tests import Form, tagged
from odoo.tests.common import new_test_user

from .common import RecoveryCommon
from .features import switch_on

# what each kind of user has to be able to open
ROLES = {
    "collector": "account.group_account_invoice",
    "manager": "account.group_account_manager",
    "auditor": "overdue_recovery.group_auditor",
}


@tagged("post_install", "-at_install")
class TestScreens(RecoveryCommon):
    """Every menu opens for everybody who sees it, with data in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        switch_on(cls.env)
        cls.users = {
            role: new_test_user(
                cls.env,
                login=f"screen_{role}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for role, groups in ROLES.items()
        }

    def _screens(self, user):
        """(model, action) of every window action of ours that the user reaches by a menu."""
        menus = self.env["ir.ui.menu"].with_user(user)
        root = self.env.ref("overdue_recovery.recovery_menu_root")
        visible = menus.browse(menus._visible_menu_ids()).sudo()
        actions = visible.filtered(lambda menu: menu.parent_path.startswith(root.parent_path))
        for action in actions.mapped(lambda menu: menu.action):
            if action and action._name == "ir.actions.act_window":
                yield action

    def _open(self, user, action):
        """Read what the action's views show, as the web client would."""
        model = self.env[action.res_model].with_user(user).with_context(lang="en_US")
        views = model.get_views([(False, mode) for mode in action.view_mode.split(",")])
        fields = {name for info in views["models"].values() for name in info["fields"]}
        own = [name for name in fields if name in model._fields]
        self.assertGreater(len(own), 2)
        return model.search([], limit=5).read(own)

    def test_every_menu_opens_for_every_role(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(90, 100, partner=self.partner_b)
        self._run_dunning()
        self._plan(self._overdue_invoice(90, 100, partner=self.partner_b)).action_activate()
        for role, user in self.users.items():
            screens = list(self._screens(user))
            self.assertGreater(len(screens), 7, role)
            for action in screens:
                with self.subTest(role=role, screen=action.name):
                    self._open(user, action)

    def test_every_screen_says_what_to_do_when_it_is_empty(self):
        for action in self._screens(self.users["manager"]):
            with self.subTest(screen=action.name):
                self.assertIn("<p", action.help or "")

    def _form_of(self, user, partner):
        """The view of a customer's form and what the web client reads for it."""
        partner = partner.with_user(user)
        form = etree.fromstring(partner.get_view(view_type="form")["arch"])
        names = {node.get("name") for node in form.xpath("//field[not(ancestor::field)]")}
        return form, partner.web_read({name: {} for name in names})[0]

    def test_a_customers_form_says_on_top_what_comes_next_or_why_nothing_does(self):
        invoice = self._overdue_invoice(10, 100)
        collector = self.users["collector"]
        above = "//sheet/preceding-sibling::div/widget[@name='recovery_status']"
        form, values = self._form_of(collector, self.partner_a)
        self.assertTrue(form.xpath(above))
        self.assertFalse(values["recovery_case_id"], "no case: it stays unseen, and asks nothing")
        self._run_dunning()
        self.env["recovery.case"]._recompute_dirty()
        case = self._form_of(collector, self.partner_a)[1]["recovery_case_id"]
        self.assertTrue(case)

        def line():
            return self.partner_a.with_user(collector).recovery_status()["text"]

        self.assertIn("Next step on 03/14/2025", line())
        self.env["recovery.dispute"].create({"move_id": invoice.id})
        self.env["recovery.case"]._recompute_dirty()
        self.env.invalidate_all()
        self.assertIn("No reminders: Dispute", line())
        employee = new_test_user(self.env, "screen_employee", groups="base.group_user")
        self.assertFalse(self._form_of(employee, self.partner_a)[0].xpath(above))

    def test_tags_of_customers_cost_no_query_for_each(self):
        tags = self.env["res.partner.category"].create([{"name": "Key"}, {"name": "Abroad"}])
        customers = self.env["res.partner"].create(
            [{"name": f"Customer {number}", "category_id": tags.ids} for number in range(12)]
        )
        cases = self.env["recovery.case"]
        for customer in customers:
            cases |= customer._recovery_case(self.company)
        cases = cases.with_user(self.users["collector"])
        counts = []
        for shown in (cases, cases[:4], cases):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = shown.web_read({"partner_tag_ids": {"fields": {"display_name": {}}}})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(rows[0]["partner_tag_ids"][0]["display_name"], "Abroad")
        self.assertEqual(counts[1], counts[2])
        found = cases.search([("partner_tag_ids", "child_of", tags[0].id)])
        self.assertEqual(found, cases)

    def test_old_items_are_those_that_no_run_takes(self):
        self.policy.date_start = self.today
        old = self._overdue_invoice(30)
        self.policy.date_start = self.today.replace(day=1)
        recent = self._overdue_invoice(1)
        lines = self.env["account.move.line"].with_user(self.users["manager"])
        found = lines.search(lines._recovery_takeover_action()["domain"])
        self.assertIn(self._items(old), found)
        self.assertNotIn(self._items(recent), found)
        self._items(old).with_user(self.users["manager"]).action_start_at(self.levels[0])
        self.assertNotIn(
            self._items(old), lines.search(lines._recovery_takeover_action()["domain"])
        )

    def test_opening_balances_wait_among_the_old_items(self):
        accounts = self.company_data
        lines = [
            (accounts["default_account_receivable"], 80.0, self.partner_a),
            (accounts["default_account_revenue"], -80.0, self.env["res.partner"]),
        ]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "balance": balance, "partner_id": partner.id}
                    )
                    for account, balance, partner in lines
                ],
            }
        )
        entry.action_post()
        [item] = entry.line_ids.filtered("partner_id")
        self.assertTrue(item.no_followup)
        found = item.search(item._recovery_takeover_action()["domain"])
        self.assertIn(item, found)

    def test_figures_of_a_run_name_levels_and_reasons(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(10, 4, partner=self.partner_b)
        run = self._propose()
        self.assertIn("Day 5", run.figures)
        self.assertIn("Less is overdue than the smallest amount", run.figures)

    def test_send_selected_leaves_the_others_proposed(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(10, 100, partner=self.partner_b)
        run = self._propose()
        run.notice_ids[0].with_user(self.users["collector"]).action_issue_selected()
        self.assertEqual(sorted(run.notice_ids.mapped("state")), ["issued", "proposed"])
        self.assertEqual(run.state, "proposed")

    def test_a_note_is_typed_in_the_form_and_stands_in_the_message(self):
        self._overdue_invoice(10, 100)
        notice = self._propose().notice_ids.with_user(self.users["collector"])
        with Form(notice) as form:
            form.personal_note = "Thank you for your call."
        self.assertIn("Thank you for your call.", notice.preview)
