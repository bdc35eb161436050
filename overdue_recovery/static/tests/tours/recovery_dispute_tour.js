import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The customer contests a part of an invoice, and is right about a part of that.
tours.add("recovery_dispute", {
    steps: () => [
        {
            content: "The customer contests something",
            trigger: ".o_statusbar_buttons button[name=action_dispute]",
            run: "click",
        },
        {
            content: "Its only open invoice is proposed",
            trigger: ".modal .o_field_widget[name=amount_open]:contains(1,234.50)",
        },
        {
            content: "A part of it",
            trigger: ".modal .o_field_widget[name=amount] input",
            run: "edit 234.50 && press Tab",
        },
        {
            content: "Why",
            trigger: ".modal .o_field_widget[name=reason_id] input",
            run: "edit Our error",
        },
        {
            content: "Choose the reason",
            trigger: ".o-autocomplete--dropdown-item a:contains(Our error)",
            run: "click",
        },
        {
            content: "What the customer says",
            trigger: ".modal .o_field_widget[name=description] textarea",
            run: "edit Two chairs are broken",
        },
        {
            content: "Open the dispute",
            trigger: ".modal-footer button[name=action_open]",
            run: "click",
        },
        {
            content: "It is open",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Open)",
        },
        {
            content: "Decide it",
            trigger: ".o_statusbar_buttons button[name=action_decide]",
            run: "click",
        },
        {
            content: "One chair is",
            trigger: ".modal .o_field_widget[name=amount] input",
            run: "edit 100 && press Tab",
        },
        {
            content: "Accept that",
            trigger: ".modal-footer button[name=action_accept]",
            run: "click",
        },
        {
            content: "It says what that means, and there is a credit note",
            trigger:
                "body:not(:has(.modal)):has(.o_field_widget[name=refund_move_id]) .o_field_widget[name=outcome_text]:contains(100.00)",
        },
        {
            content: "It is accepted in part",
            trigger: ".o_arrow_button_current:contains(Partly accepted)",
        },
    ],
});
