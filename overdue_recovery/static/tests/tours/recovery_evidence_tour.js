import { registry } from "@web/core/registry";

// A call is logged, the log is verified, and the pack is downloaded.
registry.category("web_tour.tours").add("recovery_evidence", {
    steps: () => [
        {
            content: "Call this customer",
            trigger: ".o_statusbar_buttons button[name=action_log_call]",
            run: "click",
        },
        {
            content: "It may be called now",
            trigger: ".modal .alert-success:contains(May go now)",
        },
        {
            content: "What to say stands beside it",
            trigger: ".modal .o_field_widget[name=script]:contains(Ask when the money comes)",
        },
        {
            content: "It refuses to pay",
            trigger: ".modal .o_field_widget[name=outcome_id] label:contains(Refuses)",
            run: "click",
        },
        {
            content: "In its own words",
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Not before May",
        },
        {
            content: "Log the call",
            trigger: ".modal-footer button[name=action_log]",
            run: "click",
        },
        {
            content: "Look at the contact log",
            trigger: "body:not(:has(.modal)) .o_notebook a[name=log]",
            run: "click",
        },
        {
            content: "The call is there",
            trigger: ".o_field_widget[name=interaction_ids] td:contains(Refuses to pay)",
        },
        {
            content: "Is the log whole?",
            trigger: "button[name=action_verify_log]",
            run: "click",
        },
        {
            content: "It is",
            trigger: ".o_notification:contains(is whole)",
        },
        {
            content: "The timeline has answered",
            trigger: ".o_recovery_story[aria-busy=false] .o_recovery_step",
        },
        {
            content: "What is rare stands under More",
            trigger: ".o_recovery_more",
            run: "click",
        },
        {
            content: "Make the evidence pack",
            trigger: ".o-dropdown--menu button[name=action_evidence_pack]",
            run: "click",
        },
        {
            content: "It was made",
            trigger: ".o-mail-Message:contains(An evidence pack was made)",
            timeout: 60000,
        },
        {
            content: "Nothing is under way when the browser is closed",
            trigger: ".o_recovery_story[aria-busy=false]",
        },
    ],
});
