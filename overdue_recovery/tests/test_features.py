from odoo import Command
from odoo.tests import Form, tagged
from odoo.tests.common import new_test_user

from .common import RecoveryCommon
from .features import FEATURES, switch_off, switch_on

BEGINNING = ["Today", "Customers", "Sent", "Settings"]


@tagged("post_install", "-at_install")
class TestFeatures(RecoveryCommon):
    """A company that has just begun sees little; what it switches on in Settings comes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        switch_off(cls.env)
        cls.users = {
            role: new_test_user(
                cls.env,
                login=f"feature_{role}",
                groups=groups,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for role, groups in {
                "collector": "account.group_account_invoice",
                "owner": "account.group_account_manager,base.group_system",
                "auditor": "overdue_recovery.group_auditor",
            }.items()
        }

    def _menus(self, role, parent="recovery_menu_root"):
        """The names of the menus of one user below another menu, in order."""
        menus = self.env["ir.ui.menu"].with_user(self.users[role])
        parent = self.env.ref(f"overdue_recovery.{parent}")
        visible = menus.browse(menus._visible_menu_ids()).filtered(
            lambda menu: menu.parent_id == parent
        )
        return visible.sorted("sequence").mapped("name")

    def _settings(self, **values):
        settings = self.env["res.config.settings"].with_user(self.users["owner"])
        settings.create(values).execute()

    def _arch(self, model, view, role="collector"):
        views = self.env[model].with_user(self.users[role])
        return views.get_view(self.env.ref(f"overdue_recovery.{view}").id, "form")["arch"]

    def test_a_company_that_has_just_begun_sees_four_menus(self):
        self.assertEqual(self._menus("owner"), BEGINNING)
        self.assertEqual(self._menus("collector"), BEGINNING[:-1])
        self.assertEqual(
            self._menus("owner", "recovery_menu_config"),
            ["First Steps", "Options", "Policies", "E-mail Templates"],
        )

    def test_settings_show_and_hide_the_menus_of_a_feature(self):
        for field, menu in (
            ("group_recovery_lists", "Runs"),
            ("group_recovery_lists", "Reporting"),
            ("group_recovery_charges", "Charges"),
            ("group_recovery_offers", "Arrangements"),
            ("group_recovery_agencies", "Agencies"),
            ("group_recovery_law", "Lists"),
        ):
            with self.subTest(field=field, menu=menu):
                self._settings(**{field: True})
                self.assertIn(menu, self._menus("collector"))
                self._settings(**{field: False})
                self.assertEqual(self._menus("collector"), BEGINNING[:-1])

    def test_everything_is_there_when_all_is_switched_on(self):
        switch_on(self.env)
        self.assertEqual(
            self._menus("owner"),
            [
                "Today",
                "Customers",
                "Sent",
                "Runs",
                "Arrangements",
                "Agencies",
                "Lists",
                "Charges",
                "Reporting",
                "Settings",
            ],
        )

    def test_an_auditor_sees_what_collectors_do_not_use(self):
        menus = self._menus("auditor")
        for menu in ("Runs", "Arrangements", "Agencies", "Lists", "Charges", "Reporting"):
            self.assertIn(menu, menus)

    def test_buttons_of_a_feature_come_with_it(self):
        for button, feature in (("action_offer", "offers"), ("action_refer", "agencies")):
            self.assertNotIn(button, self._arch("recovery.case", "recovery_case_view_form"))
            switch_on(self.env, f"overdue_recovery.group_{feature}")
            self.assertIn(button, self._arch("recovery.case", "recovery_case_view_form"))

    def test_what_a_level_charges_is_kept_while_it_is_hidden(self):
        level = self.levels[0]
        level.write({"fee_type": "fixed", "fee_amount": 15.0, "charge_interest": True})
        self.policy.charges = False
        view = "overdue_recovery.dunning_level_view_form"
        with Form(level.with_user(self.users["owner"]), view) as form:
            self.assertNotIn("fee_amount", form._view["fields"])
            form.name = "Renamed"
        self.assertRecordValues(
            level, [{"name": "Renamed", "fee_amount": 15.0, "charge_interest": True}]
        )

    def test_a_second_policy_shows_whom_each_is_for(self):
        policies = self.env["dunning.policy"].with_user(self.users["owner"])
        self.assertNotIn("partner_domain", self._arch("dunning.policy", "dunning_policy_view_form"))
        self.assertEqual(policies._landing()["res_id"], self.policy.id)
        self.policy.copy()
        self.assertIn("partner_domain", self._arch("dunning.policy", "dunning_policy_view_form"))
        self.assertFalse(policies._landing().get("res_id"))

    def test_rights_do_not_depend_on_what_is_shown(self):
        user = self.users["collector"]
        for model in ("recovery.offer", "recovery.referral", "recovery.charge", "dunning.run"):
            self.assertTrue(self.env[model].with_user(user).has_access("read"), model)
        self.assertFalse(any(user.has_group(group) for group in FEATURES))

    def test_what_is_prepared_waits_above_the_list_of_today(self):
        self._overdue_invoice(10, 100)
        self._propose()
        figures = {one["key"]: one for one in self.env["recovery.today"].recovery_strip()}
        self.assertIn("100.00", figures["ready"]["amount"])
        opened = self.env["recovery.today"].action_open_figure("ready")
        self.assertEqual(opened["res_model"], "dunning.notice")
