import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// Offer to settle for 80 % by a day, and note that the customer accepts.
tours.add("recovery_settlement", {
    steps: () => [
        {
            content: "What is rare stands under More",
            trigger: ".o_recovery_more",
            run: "click",
        },
        {
            content: "Make an offer to this customer",
            trigger: ".o-dropdown--menu button[name=action_offer]",
            run: "click",
        },
        {
            content: "What is overdue is proposed",
            trigger: ".modal .o_field_widget[name=amount_total]:contains(1,234.50)",
        },
        {
            content: "A fifth is given up",
            trigger: ".modal .o_field_widget[name=percent] input",
            run: "edit 20 && press Tab",
        },
        {
            content: "So much is to be paid",
            trigger: ".modal .o_field_widget[name=amount] input:value(987.60)",
        },
        {
            content: "Make the offer",
            trigger: ".modal-footer button[name=action_make]",
            run: "click",
        },
        {
            content: "The offer says what it means",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=terms_text]:contains(987.60):contains(in full)",
        },
        {
            content: "The customer accepts",
            trigger: ".o_statusbar_buttons button[name=action_accept]",
            run: "click",
        },
        {
            content: "Yes, the items rest",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is accepted",
            trigger: ".o_arrow_button_current:contains(Accepted)",
        },
    ],
});

// The money came: what it pays is shown before it is confirmed.
tours.add("recovery_allocate", {
    steps: () => [
        {
            content: "What is rare stands under More",
            trigger: ".o_recovery_more",
            run: "click",
        },
        {
            content: "Allocate the customer's money",
            trigger: ".o-dropdown--menu button[name=action_allocate]",
            run: "click",
        },
        {
            content: "The invoice is proposed",
            trigger: ".modal .o_field_widget[name=line_ids] .o_data_row:contains(987.60)",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The dialog is gone",
            trigger: "body:not(:has(.modal)) .o_form_view",
        },
    ],
});

// The offer is fulfilled, and the rest was written off.
tours.add("recovery_settled", {
    steps: () => [
        {
            content: "It is fulfilled",
            trigger: ".o_arrow_button_current:contains(Fulfilled)",
        },
        {
            content: "What closed the rest",
            trigger: ".o_notebook a[name=closing]",
            run: "click",
        },
        {
            content: "An entry over what was given up",
            trigger: ".o_field_widget[name=closing_move_ids] .o_data_row:contains(246.90)",
        },
    ],
});
