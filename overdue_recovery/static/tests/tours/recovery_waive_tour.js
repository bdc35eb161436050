import { registry } from "@web/core/registry";

// Look how a charge was computed, and waive it with a reason.
registry.category("web_tour.tours").add("recovery_waive", {
    steps: () => [
        {
            content: "The notice says what it charges",
            trigger: ".o_notebook a[name=charges]",
            run: "click",
        },
        {
            content: "The fixed sum, explained; waive it",
            trigger:
                ".o_field_widget[name=charge_ids] .o_data_row:contains(Fixed sum):contains(Test Act) button:contains(Waive)",
            run: "click",
        },
        {
            content: "It can't be waived without a reason",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Our invoice came late",
        },
        {
            content: "Waive it",
            trigger: ".modal-footer button[name=action_waive]",
            run: "click",
        },
        {
            content: "It is waived",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=charge_ids] .o_data_row:contains(Fixed sum):contains(Waived)",
        },
    ],
});

// Above the limit another manager decides.
registry.category("web_tour.tours").add("recovery_approve_waiver", {
    steps: () => [
        {
            content: "The waiver waits, with its reason",
            trigger: ".o_data_row:contains(Key customer):contains(Waits)",
        },
        {
            content: "Approve it",
            trigger: ".o_data_row:contains(Key customer) button[name=action_approve]",
            run: "click",
        },
        {
            content: "It is approved",
            trigger: ".o_data_row:contains(Key customer):contains(Approved)",
        },
    ],
});
