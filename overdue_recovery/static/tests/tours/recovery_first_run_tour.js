import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const menu = (name) => ({
    content: `Open the menu ${name}`,
    trigger: `.o_menu_sections [data-menu-xmlid="overdue_recovery.${name}"]`,
    run: "click",
});
const tours = registry.category("web_tour.tours");

// Log in, open Recovery, propose, look at the notice, send.
tours.add("recovery_first_run", {
    steps: () => [
        {
            content: "Type the login",
            trigger: "input#login",
            run: "edit accountman",
        },
        {
            content: "Type the password",
            trigger: "input#password",
            run: "edit accountman",
        },
        {
            content: "Log in",
            trigger: "form.oe_login_form button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Recovery",
            trigger: '.o_app[data-menu-xmlid="overdue_recovery.recovery_menu_root"]',
            run: "click",
        },
        {
            content: "Nothing was sent yet: the first steps say what would go out today",
            trigger: ".o_recovery_start:contains(Would get a reminder today: 1)",
        },
        menu("dunning_run_menu"),
        {
            content: "Make a run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Propose",
            trigger: "button[name=action_propose]:contains(Propose)",
            run: "click",
        },
        {
            content: "The customer has a notice at the first level",
            trigger:
                ".o_field_widget[name=notice_ids] .o_data_row:contains(Tour Customer):contains(First reminder)",
        },
        {
            content: "Look at why others were left out",
            trigger: ".o_notebook a[name=left_out]",
            run: "click",
        },
        {
            content: "The one without address is there with its reason",
            trigger:
                ".o_field_widget[name=exception_ids] .o_data_row:contains(Silent Customer):contains(No address)",
        },
        {
            content: "Look at the figures",
            trigger: ".o_notebook a[name=figures]",
            run: "click",
        },
        {
            content: "They count the notice",
            trigger: ".o_field_widget[name=figures] td:contains(First reminder)",
        },
        {
            content: "Say that all receipts are booked",
            trigger: ".o_field_widget[name=receipts_booked] input",
            run: "click",
        },
        {
            content: "Send all",
            trigger: "button[name=action_send_all]",
            run: "click",
        },
        {
            content: "Yes, now",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The run is issued",
            trigger: ".o_arrow_button_current:contains(Issued)",
        },
    ],
});

// The message is out: the invoice says which level it has reached, and leads to the case.
tours.add("recovery_invoice_level", {
    steps: () => [
        {
            content: "The invoice says its level",
            trigger: ".o_recovery_status:contains(First reminder)",
        },
        {
            content: "Open the case",
            trigger: ".o_recovery_status button:contains(Open case)",
            run: "click",
        },
        {
            content: "The case shows what is overdue",
            trigger: ".o_field_widget[name=amount_overdue]:contains(1,234.50)",
        },
        {
            content: "Open the notices",
            trigger: ".o_notebook a[name=notices]",
            run: "click",
        },
        {
            content: "The notice is sent",
            trigger: ".o_field_widget[name=notice_ids] .o_data_row:contains(Sent)",
        },
        {
            content: "Open the contact log",
            trigger: ".o_notebook a[name=log]",
            run: "click",
        },
        {
            content: "It was written down",
            trigger: ".o_field_widget[name=interaction_ids] .o_data_row:contains(Notice)",
        },
    ],
});

// Skip a notice with a reason; it stays visible with it.
tours.add("recovery_skip", {
    steps: () => [
        {
            content: "Open the notice",
            trigger: ".o_data_row:contains(Tour Customer) td[name=partner_id]",
            run: "click",
        },
        {
            content: "The message is shown as the customer gets it",
            trigger: ".o_field_widget[name=preview] iframe",
        },
        {
            content: "Skip",
            trigger: ".o_statusbar_buttons button:contains(Skip)",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Called, pays on Friday",
        },
        {
            content: "Skip it",
            trigger: ".modal-footer button[name=action_skip]",
            run: "click",
        },
        {
            content: "The notice is skipped, with the reason",
            trigger: ".o_form_view .alert:contains(Called, pays on Friday)",
        },
    ],
});

// Put a customer on hold from its case.
tours.add("recovery_hold", {
    steps: () => [
        {
            content: "Hold",
            trigger: ".o_statusbar_buttons button:contains(Hold)",
            run: "click",
        },
        {
            content: "Choose a reason",
            trigger: ".modal .o_field_widget[name=reason_id] input",
            run: "edit Hardship",
        },
        {
            content: "Take it",
            trigger: ".o-autocomplete--dropdown-item:contains(Hardship)",
            run: "click",
        },
        {
            content: "Put on hold",
            trigger: ".modal-footer button[name=action_hold]",
            run: "click",
        },
        {
            content: "The dialog is gone",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "Open the holds",
            trigger: ".o_notebook a[name=holds]",
            run: "click",
        },
        {
            content: "It is in force",
            trigger: ".o_field_widget[name=hold_ids] .o_data_row:contains(Hardship)",
        },
    ],
});
