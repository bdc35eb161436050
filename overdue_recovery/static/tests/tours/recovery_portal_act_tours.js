import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// A day from today on, as the server says which day it is.
function dayField(form, days) {
    return {
        content: "A day",
        trigger: `${form} input[name=day]`,
        run({ anchor }) {
            const day = new Date(`${anchor.min}T12:00:00Z`);
            day.setUTCDate(day.getUTCDate() + days);
            anchor.value = day.toISOString().slice(0, 10);
            anchor.dispatchEvent(new Event("change", { bubbles: true }));
        },
    };
}

function submit(content, trigger) {
    return { content, trigger, run: "click", expectUnloadPage: true };
}

// The customer pays on a date.
tours.add("recovery_portal_promise", {
    steps: () => [
        submit("Not now", "#later a:contains(Pay on a date)"),
        dayField("form[action$='/act/promise']", 10),
        submit("Promise it", "button:contains(I pay by this day)"),
        { content: "It is noted", trigger: ".alert-success:contains(We have noted)" },
        { content: "And shown", trigger: "#agreements li:contains(will be paid by)" },
    ],
});

// The customer builds a plan, looks at it, signs it, and pays the first installment.
tours.add("recovery_portal_plan", {
    steps: () => [
        submit("Not at once", "#later a:contains(Pay in installments)"),
        { content: "Four", trigger: "input[name=count]", run: "edit 4" },
        dayField("form[action$='/act/plan']", 3),
        { content: "It is shown by itself", trigger: "tbody tr:nth-child(4) td:contains(25.00)" },
        { content: "Rather two", trigger: "input[name=count]", run: "edit 2" },
        { content: "Leave the field", trigger: "select[name=frequency]", run: "select weekly" },
        { content: "Two", trigger: "tbody:not(:has(tr:nth-child(3))) td:contains(50.00)" },
        { content: "Too much at first", trigger: "input[name=down]", run: "edit 1000 && press Tab" },
        {
            content: "The server says what is wrong",
            trigger: ".o_recovery_schedule:not(:has(tbody)) .o_recovery_error",
        },
        { content: "No", trigger: "input[name=down]", run: "clear && press Tab" },
        { content: "Four after all", trigger: "input[name=count]", run: "edit 4 && press Tab" },
        { content: "Shown again", trigger: "tbody tr:nth-child(4) td:contains(25.00)" },
        submit("Look at it without the script", "button:contains(Show the installments)"),
        { content: "It begins at once", trigger: "p:contains(begins at once)" },
        { content: "Four parts", trigger: "tbody tr:nth-child(4) td:contains(25.00)" },
        { content: "Sign", trigger: "input[name=signed_by]", run: "edit Ann Lee" },
        submit("Agree", "button:contains(Sign the plan)"),
        { content: "Agreed", trigger: ".alert-success:contains(We have agreed)" },
        submit("Pay the first", "#agreements button:contains(Pay the next installment)"),
        { content: "As much as that", trigger: "h1:contains(Pay):contains(25.00)" },
        { content: "Type a number", trigger: "#customer_input", run: "edit 4242 4242" },
        submit("Pay", "#o_payment_form button[name=o_payment_submit_button]:not(:disabled)"),
        { content: "Back", trigger: ".alert-success:contains(Thank you)" },
        { content: "The second is next", trigger: "#agreements button:contains(next)" },
    ],
});

// The customer contests a part of an invoice.
tours.add("recovery_portal_dispute", {
    steps: () => [
        submit("Something is wrong", "#wrong a:contains(An invoice is wrong)"),
        {
            content: "Why",
            trigger: "select[name=reason]",
            run: "selectByLabel Our error",
        },
        { content: "A part", trigger: "input[name=amount]", run: "edit 40" },
        { content: "In words", trigger: "textarea[name=text]", run: "edit One chair is broken" },
        submit("Send", "form[action$='/act/wrong'] button[type=submit]"),
        { content: "Noted", trigger: ".alert-success:contains(40.00)" },
        { content: "Shown", trigger: "#agreements li:contains(under review)" },
    ],
});

// The customer answers our offer with another one.
tours.add("recovery_portal_counter_offer", {
    steps: () => [
        submit("Look at the offer", "#agreements a:contains(Answer our offer)"),
        { content: "Something else", trigger: "summary:contains(Propose)", run: "click" },
        { content: "Less", trigger: "details input[name=amount]", run: "edit 80" },
        dayField("details", 20),
        submit("Propose", "button:contains(Propose this)"),
        { content: "Received", trigger: ".alert-success:contains(no reminder goes out)" },
        { content: "Shown", trigger: "#agreements li:contains(reminders are paused)" },
    ],
});
