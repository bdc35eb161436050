import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function press(name, content) {
    return { content, trigger: `.o_statusbar_buttons button[name=${name}]:enabled`, run: "click" };
}

function reached(state) {
    return {
        content: `It is ${state}`,
        trigger: `body:not(:has(.modal)) .o_arrow_button_current:contains(${state})`,
    };
}

function pick(kind, content) {
    return {
        content,
        trigger: `.modal .o_field_widget[name=kind] input[data-value=${kind}]`,
        run: "click",
    };
}

function confirmDialog(name, content) {
    return { content, trigger: `.modal-footer button[name=${name}]`, run: "click" };
}

// The last reminder was in vain: an agency is chosen, a manager approves, and it is sent.
tours.add("recovery_refer", {
    steps: () => [
        {
            content: "What is rare stands under More",
            trigger: ".o_recovery_more",
            run: "click",
        },
        {
            content: "Refer this customer",
            trigger: ".o-dropdown--menu button[name=action_refer]",
            run: "click",
        },
        {
            content: "The agency says what it leaves us",
            trigger: ".modal .o_field_widget[name=row_ids] .o_data_row:contains(Collect Ltd):contains(3,620.00)",
        },
        {
            content: "It is cheaper now than later",
            trigger: ".modal .o_field_widget[name=row_ids] .o_data_row:contains(10 points cheaper)",
        },
        {
            content: "The customer was asked why it is late",
            trigger: ".modal .o_field_widget[name=late_reason_asked] input",
            run: "click",
        },
        {
            content: "Nothing stands in the way",
            trigger: ".modal:not(:has(.alert-warning))",
        },
        confirmDialog("action_make", "Make the referral"),
        reached("Checked"),
        press("action_approve", "Approve"),
        reached("Approved"),
        press("action_send", "Send it"),
        {
            content: "Yes, ours stop",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        reached("Sent"),
    ],
});

// The agency takes it, collects, remits, and is done.
tours.add("recovery_collected", {
    steps: () => [
        press("action_report", "The agency called"),
        pick("accepted", "It took it"),
        {
            content: "Under its own number",
            trigger: ".modal .o_field_widget[name=external_ref] input",
            run: "edit A-77",
        },
        confirmDialog("action_note", "Note it"),
        reached("Accepted"),
        press("action_report", "It called again"),
        pick("payment", "It collected money"),
        {
            content: "All of it",
            trigger: ".modal .o_field_widget[name=amount] input",
            run: "edit 4000",
        },
        confirmDialog("action_note", "Note it"),
        reached("Partly recovered"),
        press("action_book", "The money is in the bank"),
        {
            content: "Less its commission",
            trigger: ".modal .o_field_widget[name=amount_remitted]:contains(3,525.00)",
        },
        confirmDialog("action_book", "Book it"),
        {
            content: "Nothing is to be remitted any more",
            trigger:
                "body:not(:has(.modal)) .o_statusbar_buttons:not(:has(button[name=action_book]))",
        },
        press("action_report", "It writes"),
        pick("closed", "It is done"),
        confirmDialog("action_note", "Note it"),
        reached("Closed"),
    ],
});

// We want it back: what that costs stands first.
tours.add("recovery_recall", {
    steps: () => [
        press("action_ask_recall", "Recall it"),
        {
            content: "A recall costs something",
            trigger: ".modal .o_field_widget[name=recall_cost]:contains(25.00)",
        },
        confirmDialog("action_recall", "All the same"),
        reached("Recall requested"),
        press("action_report", "The agency answers"),
        pick("recalled", "It gave it back"),
        confirmDialog("action_note", "Note it"),
        reached("Recalled"),
    ],
});
