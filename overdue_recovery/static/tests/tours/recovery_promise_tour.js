import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The customer calls: it pays all of it in a week, and says why it is late.
tours.add("recovery_promise", {
    steps: () => [
        {
            content: "Note a promise of this customer",
            trigger: ".o_statusbar_buttons button[name=action_promise]",
            run: "click",
        },
        {
            content: "What is overdue is proposed",
            trigger: ".modal .o_field_widget[name=amount] input:value(1,234.50)",
        },
        {
            content: "Ask why it is late",
            trigger: ".modal .o_field_widget[name=late_reason_id] input",
            run: "edit Forgot",
        },
        {
            content: "It was forgotten",
            trigger: ".ui-autocomplete .ui-menu-item a:contains(Forgot)",
            run: "click",
        },
        {
            content: "What helps is shown",
            trigger: ".modal .o_field_widget[name=suggested_treatment]:contains(reminder)",
        },
        {
            content: "Note the promise",
            trigger: ".modal-footer button[name=action_make]",
            run: "click",
        },
        {
            content: "The promise says what it means",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=terms_text]:contains(1,234.50)",
        },
        {
            content: "It is open",
            trigger: ".o_arrow_button_current:contains(Open)",
        },
    ],
});

// Nothing arrived: the case says so, and reminders go on.
tours.add("recovery_promise_broken", {
    steps: () => [
        {
            content: "The customer is reminded again",
            trigger: ".o_field_widget[name=state]:contains(Dunning)",
        },
        {
            content: "None of its promises was kept",
            trigger: ".o_field_widget[name=promise_reliability]:contains(0 of 1)",
        },
        {
            content: "Somebody is told",
            trigger: ".o-mail-Activity:contains(was not kept)",
        },
        {
            content: "What was agreed",
            trigger: ".o_notebook a[name=arrangements]",
            run: "click",
        },
        {
            content: "The promise is broken",
            trigger: ".o_field_widget[name=promise_ids] .o_data_row:contains(Broken)",
        },
    ],
});
