import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const { DateTime } = luxon;
const tours = registry.category("web_tour.tours");
const customer = ".o_data_row:contains(Tour Customer)";

function openRecovery() {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Recovery",
            trigger: '.o_app[data-menu-xmlid="overdue_recovery.recovery_menu_root"]',
            run: "click",
        },
    ];
}

const menu = (name) => `[data-menu-xmlid="overdue_recovery.${name}"]`;
const openMenu = (name) => ({ content: `Open ${name}`, trigger: menu(name), run: "click" });

// The first ten minutes: what is overdue, the messages, and out they go.
tours.add("recovery_stranger_first_send", {
    steps: () => [
        ...openRecovery(),
        {
            content: "One page says what is overdue and what would go out",
            trigger: ".o_recovery_start:contains(1,734.50):contains(Would get a reminder today: 1)",
        },
        {
            content: "Nothing else is in the way",
            trigger: `.o_menu_sections:not(:has(${menu("dunning_run_menu")}))`,
        },
        {
            content: "See the messages",
            trigger: "button[name=action_see]",
            run: "click",
        },
        {
            content: "Open the one to the customer",
            trigger: `${customer} td[name=partner_id]`,
            run: "click",
        },
        {
            content: "It is shown as the customer gets it",
            trigger: ".o_field_widget[name=preview] iframe",
        },
        openMenu("recovery_today_menu"),
        {
            content: "Send",
            trigger: ".o_recovery_start button[name=action_send]",
            run: "click",
        },
        {
            content: "Yes, now",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is on its way",
            trigger: ".o_arrow_button_current:contains(Issued)",
        },
    ],
});

// Monday morning: a promise was broken; the customer is called and gives another day.
tours.add("recovery_stranger_monday", {
    steps: () => [
        ...openRecovery(),
        {
            content: "Today says who needs somebody, and why",
            trigger: `${customer} .o_data_cell[name=reason_name]:contains(Broken promise)`,
        },
        {
            content: "Open the customer",
            trigger: `${customer} .o_data_cell[name=text]`,
            run: "click",
        },
        {
            content: "What was done and what comes next",
            trigger: ".o_recovery_step",
        },
        {
            content: "The customer gives another day",
            trigger: ".o_statusbar_buttons button[name=action_promise]",
            run: "click",
        },
        {
            content: "For all that is overdue",
            trigger: ".modal .o_field_widget[name=amount] input:value(1,234.50)",
        },
        {
            content: "Note it",
            trigger: ".modal-footer button[name=action_make]",
            run: "click",
        },
        {
            content: "It is noted",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Open)",
        },
    ],
});

// Month end: what was open on the last day of the month, in a file.
tours.add("recovery_stranger_month_end", {
    steps: () => [
        ...openRecovery(),
        openMenu("recovery_menu_reporting"),
        openMenu("recovery_ageing_menu"),
        {
            content: "Of which day",
            trigger: ".modal .o_field_widget[name=date] .o_input",
            run: "click",
        },
        {
            content: "The last one of the month",
            trigger: ".modal .o_field_widget[name=date] input.o_input",
            run() {
                const day = DateTime.now().minus({ months: 1 }).endOf("month");
                return `edit ${day.toFormat("MM/dd/yyyy")} && press Tab`;
            },
        },
        {
            content: "Show it",
            trigger: ".modal-footer button[name=action_show]",
            run: "click",
        },
        {
            content: "What the customer owed then",
            trigger: "body:not(:has(.modal)) .o_group_header:contains(Tour Customer):contains(1,234.50)",
        },
        {
            content: "Open the menu of the list",
            trigger: ".o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "Into a file",
            trigger: ".o_export_all_menu",
            run: "click",
        },
        {
            content: "Nothing went wrong",
            trigger: "body:not(:has(.modal)):not(:has(.o_blockUI)) .o_group_header",
        },
    ],
});
