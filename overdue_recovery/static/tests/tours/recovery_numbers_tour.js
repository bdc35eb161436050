import { registry } from "@web/core/registry";

// From the figure above today's list to the document behind it.
registry.category("web_tour.tours").add("recovery_number_of_today", {
    steps: () => [
        {
            content: "What is overdue?",
            trigger: ".o_recovery_strip button:contains(Overdue):contains(1,734.50)",
            run: "click",
        },
        {
            content: "These items, which come to the same",
            trigger: ".o_list_view tfoot:contains(1,734.50)",
        },
        {
            content: "One of them",
            trigger: ".o_data_row:contains(Tour Customer) td[name=move_id]",
            run: "click",
        },
        {
            content: "Its invoice",
            trigger: ".o_form_view .o_field_widget[name=partner_id]:contains(Tour Customer)",
        },
        {
            content: "Where it stands is known",
            trigger: ".o_recovery_status:contains(Open case), .o_recovery_status span",
        },
    ],
});

// From the figures of a customer to its items.
registry.category("web_tour.tours").add("recovery_number_of_a_case", {
    steps: () => [
        {
            content: "The timeline has answered",
            trigger: ".o_recovery_story[aria-busy=false] .o_recovery_step",
        },
        {
            content: "What is overdue?",
            trigger: "button[name=action_open_overdue]:contains(1,234.50)",
            run: "click",
        },
        {
            content: "This item",
            trigger: ".o_list_view tfoot:contains(1,234.50)",
        },
        {
            content: "Back to the customer",
            trigger: ".o_back_button a, .breadcrumb-item.o_back_button",
            run: "click",
        },
        {
            content: "And of this age?",
            trigger: ".o_recovery_story[aria-busy=false] .o_recovery_ageing button:contains(1,234.50)",
            run: "click",
        },
        {
            content: "The same item",
            trigger: ".o_breadcrumb:contains(1–30 days)",
        },
        {
            content: "It comes to the same",
            trigger: ".o_list_view tfoot:contains(1,234.50)",
        },
    ],
});

// From a bar of a report to the notice behind it.
registry.category("web_tour.tours").add("recovery_number_of_a_report", {
    steps: () => [
        {
            content: "A graph first",
            trigger: ".o_graph_renderer canvas",
        },
        {
            content: "As a table",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "What the first reminder demanded",
            trigger: ".o_pivot tr:contains(First reminder) .o_pivot_cell_value:contains(1,234.50)",
            run: "click",
        },
        {
            content: "By this notice",
            trigger: ".o_list_view .o_data_row:contains(Tour Customer) td[name=level_id]",
            run: "click",
        },
        {
            content: "Which opens",
            trigger: ".o_form_view .o_field_widget[name=line_ids], .o_form_view .o_notebook",
        },
    ],
});
