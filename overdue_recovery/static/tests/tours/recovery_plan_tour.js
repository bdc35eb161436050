import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The customer calls: a part now, the rest in two months. The rows are seen before it begins.
tours.add("recovery_plan", {
    steps: () => [
        {
            content: "Agree on a plan with this customer",
            trigger: ".o_statusbar_buttons button[name=action_plan]",
            run: "click",
        },
        {
            content: "What is overdue is proposed, in three parts",
            trigger: ".modal .o_field_widget[name=line_ids] .o_data_row:nth-child(3):contains(411.50)",
        },
        {
            content: "A part is paid first",
            trigger: ".modal .o_field_widget[name=down_payment] input",
            run: "edit 234.50 && press Tab",
        },
        {
            content: "The rows follow",
            trigger: ".modal .o_field_widget[name=line_ids] .o_data_row:nth-child(4):contains(333.34)",
        },
        {
            content: "The rest in two installments",
            trigger: ".modal .o_field_widget[name=installment_count] input",
            run: "edit 2 && press Tab",
        },
        {
            content: "Each is known to the cent",
            trigger: ".modal .o_field_widget[name=line_ids] .o_data_row:nth-child(3):contains(500.00)",
        },
        {
            content: "Start the plan",
            trigger: ".modal-footer button[name=action_make]",
            run: "click",
        },
        {
            content: "The plan says what it means",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=terms_text]:contains(1,234.50)",
        },
        {
            content: "It is active",
            trigger: ".o_arrow_button_current:contains(Active)",
        },
    ],
});

// The first payment is missing: the case says so.
tours.add("recovery_plan_missed", {
    steps: () => [
        {
            content: "Somebody is told",
            trigger: ".o-mail-Activity:contains(an installment is missing)",
        },
        {
            content: "What was agreed",
            trigger: ".o_notebook a[name=arrangements]",
            run: "click",
        },
        {
            content: "The plan is defaulted",
            trigger: ".o_field_widget[name=plan_ids] .o_data_row:contains(Defaulted)",
        },
    ],
});

// The money came: nothing is left.
tours.add("recovery_plan_completed", {
    steps: () => [
        {
            content: "It is completed",
            trigger: ".o_arrow_button_current:contains(Completed)",
        },
        {
            content: "Every installment is paid",
            trigger: ".o_field_widget[name=installment_ids] .o_data_row:nth-child(3):contains(Paid)",
        },
    ],
});
