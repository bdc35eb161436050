import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const cell = (customer) => `.o_data_row:contains(${customer}) .o_data_cell[name=text]`;

function press(key, customer, content) {
    return { content, trigger: cell(customer), run: `press ${key}` };
}

// Monday morning: act from the row by a key, hand over, open one and go on to the next.
tours.add("recovery_today", {
    steps: () => [
        {
            content: "What is overdue stands above the list",
            trigger: ".o_recovery_strip:contains(Overdue)",
        },
        {
            content: "Select both",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Give them to somebody else",
            trigger: ".o_data_row:contains(Tour Customer) .o_data_cell[name=user_id]",
            run: "click",
        },
        {
            content: "Look for the colleague",
            trigger: ".o_data_row .o_field_widget[name=user_id] input",
            run: "edit Colleague",
        },
        {
            content: "Choose the colleague",
            trigger: ".ui-autocomplete .ui-menu-item a:contains(Colleague)",
            run: "click",
        },
        {
            content: "Yes, both",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Both are the colleague's",
            trigger:
                "body:not(:has(.modal)) .o_data_row:contains(Silent Customer) .o_data_cell[name=user_id]:contains(Colleague)",
        },
        {
            content: "Select nothing",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Go to the row",
            trigger: `body:not(:has(.o_data_row_selected)) ${cell("Tour Customer")}`,
            run: ({ anchor }) => anchor.focus(),
        },
        press("h", "Tour Customer", "Hold it by a key"),
        {
            content: "The dialog asks why",
            trigger: ".modal .o_field_widget[name=reason_id] input",
        },
        {
            content: "Not now",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "The promise has its button",
            trigger:
                "body:not(:has(.modal)) .o_data_row:contains(Tour Customer) button[name=action_promise]",
            run: "click",
        },
        {
            content: "Its dialog is prefilled with what is overdue",
            trigger: ".modal .o_field_widget[name=amount] input:value(1,234.50)",
        },
        {
            content: "Not now",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "Open the first one",
            trigger: "body:not(:has(.modal)) .o_data_row:first .o_data_cell[name=partner_id]",
            run: "click",
        },
        {
            content: "It is one of two",
            trigger: ".o_form_view .o_pager_value:contains(1), .o_pager:contains(1)",
        },
        {
            content: "On to the next",
            trigger: ".o_pager_next",
            run: "click",
        },
        {
            content: "It is the second one",
            trigger: ".o_pager:contains(2):contains(2)",
        },
        {
            content: "The colleague owns it",
            trigger: ".o_field_widget[name=user_id]:contains(Colleague), .o_field_widget[name=user_id] input:value(Colleague)",
        },
    ],
});
