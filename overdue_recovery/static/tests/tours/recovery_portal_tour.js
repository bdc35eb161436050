import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const submit = {
    content: "Pay by the only provider",
    trigger: "#o_payment_form button[name=o_payment_submit_button]:not(:disabled)",
    run: "click",
    expectUnloadPage: true,
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
        submit,
        {
            content: "Back on the account; the other currency",
            trigger: "button.o_recovery_pay:contains(50.00)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Its own amount",
            trigger: "h1:contains(50.00)",
        },
        submit,
        {
            content: "Back again",
            trigger: ".o_recovery h1",
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
        submit,
        {
            content: "Back on the account",
            trigger: ".o_recovery h1",
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
        submit,
        {
            content: "Whoever is not logged in lands on no account",
            trigger: ".oe_login_form",
        },
    ],
});

/** Fails where the tabulator does not reach every button and box within ``selector``. */
async function reachable(selector) {
    const { press } = odoo.loader.modules.get("@odoo/hoot-dom");
    document.querySelector(".o_skip_to_content").focus();
    const account = document.querySelector(selector);
    const controls = account.querySelectorAll("button, input, summary");
    const wanted = [...controls].filter((one) => one.type !== "hidden" && one.checkVisibility());
    const reached = new Set();
    for (let count = 0; count < 80; count++) {
        await press("Tab");
        reached.add(document.activeElement);
    }
    const missed = wanted.filter((one) => !reached.has(one));
    if (missed.length) {
        throw new Error(`Not reached: ${missed.map((one) => one.outerHTML)}`);
    }
}

// No mouse: everything is a button or a box, which browsers act on by themselves.
tours.add("recovery_portal_keyboard", {
    steps: () => [
        {
            content: "Everything of the first account is reached",
            trigger: ".o_recovery",
            run: () => reachable(".o_recovery_account"),
        },
    ],
});
