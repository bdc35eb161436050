import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/**
 * Pay by the only provider, which then does what ``state`` says.
 *
 * @param {string} state `done`, `pending` or `cancel`
 */
function pay(state = "done") {
    return [
        {
            content: "Type a number",
            trigger: "#customer_input",
            run: "edit 4242 4242",
        },
        {
            content: "What the provider will do",
            trigger: "#simulated_payment_state",
            run: `select ${state}`,
        },
        {
            content: "Pay",
            trigger: "#o_payment_form button[name=o_payment_submit_button]:not(:disabled)",
            run: "click",
            expectUnloadPage: true,
        },
    ];
}

const thanked = {
    content: "Back on the account",
    trigger: ".alert-success:contains(Thank you)",
};

/** Fails where the page is wider than the window. */
function fits() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} pixels wide, the window ${clientWidth}`);
    }
}

// All that is overdue, in each of two currencies.
tours.add("recovery_portal_pay_all", {
    steps: () => [
        {
            content: "The customer's company owes in the company's currency",
            trigger: ".o_recovery_sum:contains(You owe):contains(300.00)",
        },
        {
            content: "Pay what is overdue of it",
            trigger: "button.o_recovery_pay:contains(200.00)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The server says what it comes to",
            trigger: "h1:contains(200.00)",
        },
        ...pay(),
        thanked,
        {
            content: "The other currency",
            trigger: "button.o_recovery_pay:contains(50.00)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Its own amount",
            trigger: "h1:contains(50.00)",
        },
        ...pay(),
        thanked,
        {
            content: "What is not due yet is left",
            trigger: ".o_recovery_sum:contains(You owe):contains(100.00)",
        },
    ],
});

// Part of it: an item of one's own choice, then an amount.
tours.add("recovery_portal_pay_part", {
    steps: () => [
        {
            content: "What is overdue is ticked; untick it",
            trigger: ".o_recovery_item:contains(overdue) input:checked",
            run: "click",
        },
        {
            content: "Tick what is not due yet",
            trigger: ".o_recovery_item:contains(due on) input",
            run: "click",
        },
        {
            content: "Pay it",
            trigger: "button:contains(Pay the ticked items):first",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Only that",
            trigger: ".o_recovery:has(h1:contains(100.00)) a:contains(Back)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Another amount",
            trigger: "summary:contains(Pay another amount):first",
            run: "click",
        },
        {
            content: "More than is open",
            trigger: "details[open] input[name=amount]",
            run: "edit 1000",
        },
        {
            content: "It is refused",
            trigger: "details[open] button:contains(Pay this amount)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "With the reason",
            trigger: ".alert-warning:contains(no more than)",
        },
        {
            content: "Another amount",
            trigger: "summary:contains(Pay another amount):first",
            run: "click",
        },
        {
            content: "A part",
            trigger: "details[open] input[name=amount]",
            run: "edit 120.50",
        },
        {
            content: "Go on",
            trigger: "details[open] button:contains(Pay this amount)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The oldest first",
            trigger: ".o_recovery:has(h1:contains(120.50)) .o_recovery_item:contains(120.50)",
        },
        ...pay(),
        thanked,
        {
            content: "The rest is open",
            trigger: ".o_recovery_sum:contains(179.50)",
        },
    ],
});

// The provider does not take it.
tours.add("recovery_portal_pay_in_vain", {
    steps: () => [
        {
            content: "Pay what is overdue",
            trigger: "button.o_recovery_pay:contains(200.00)",
            run: "click",
            expectUnloadPage: true,
        },
        ...pay("cancel"),
        {
            content: "Back on the account, which says so",
            trigger: ".alert-warning:contains(nothing was taken)",
        },
        {
            content: "It can be paid as before",
            trigger: "button.o_recovery_pay:contains(200.00)",
        },
    ],
});

// Without login, on a small telephone.
tours.add("recovery_portal_link", {
    steps: () => [
        {
            content: "The notice's matter fits the screen",
            trigger: ".o_recovery_sum:contains(200.00)",
            run: fits,
        },
        {
            content: "Nothing else is shown",
            trigger: ".o_recovery:not(:contains(100.00)):not(:contains(Statement))",
        },
        {
            content: "Pay it",
            trigger: "button.o_recovery_pay:contains(200.00)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "By bank transfer, too",
            trigger: ".o_recovery_bank:contains(Payment reference):contains(200.00)",
            run: fits,
        },
        ...pay("pending"),
        {
            content: "The provider has it",
            trigger: "[name=o_payment_status_alert]",
        },
    ],
});
