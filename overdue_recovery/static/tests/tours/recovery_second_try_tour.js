import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// Look ahead, propose and send.
tours.add("recovery_look_ahead", {
    steps: () => [
        {
            content: "Make a run",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "What would go out in the next days?",
            trigger: ".o_statusbar_buttons button:contains(Next 30 Days)",
            run: "click",
        },
        {
            content: "The customer is reminded, and the one that nobody can reach waits",
            trigger: ".modal .o_field_widget[name=outcome]:contains(Tour Customer):contains(No address)",
        },
        {
            content: "Close it",
            trigger: ".modal-footer button:contains(Close)",
            run: "click",
        },
        {
            content: "Propose",
            trigger: "body:not(:has(.modal)) button[name=action_propose]:contains(Propose)",
            run: "click",
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

// The mail server refused the message: try it again from the run.
tours.add("recovery_retry", {
    steps: () => [
        {
            content: "The notice has failed, with what the server said",
            trigger: ".o_field_widget[name=notice_ids] .o_data_row:contains(Failed):contains(mailbox)",
        },
        {
            content: "Retry",
            trigger: "button[name=action_retry_failed]",
            run: "click",
        },
        {
            content: "It is on its way again",
            trigger: ".o_field_widget[name=notice_ids] .o_data_row:contains(Issued)",
        },
    ],
});

// It failed again: send a letter instead.
tours.add("recovery_switch_channel", {
    steps: () => [
        {
            content: "Switch the channel",
            trigger: ".o_statusbar_buttons button[name=action_switch_channel]",
            run: "click",
        },
        {
            content: "By letter",
            trigger: ".modal .o_field_widget[name=channel] .o_radio_item:contains(Letter) input",
            run: "click",
        },
        {
            content: "Send",
            trigger: ".modal-footer button[name=action_switch]",
            run: "click",
        },
        {
            content: "The dialog is gone",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "Open the deliveries",
            trigger: ".o_notebook a[name=deliveries]",
            run: "click",
        },
        {
            content: "The letter is queued",
            trigger: ".o_field_widget[name=delivery_ids] .o_data_row:contains(Letter):contains(Queued)",
        },
    ],
});
