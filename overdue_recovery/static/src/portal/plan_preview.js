import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

// More is asked for by the button, which works without scripts too.
const MOST = 20;
const PLACE = ".o_recovery_schedule";

/**
 * Shows what a plan comes to while its terms are chosen. The installments, and what is wrong with
 * them, are the server's: the form is sent as the button "Show the installments" sends it, and of
 * the page that comes back this form's part is taken over.
 */
export class PlanPreview extends Interaction {
    static selector = "form.o_recovery_plan";
    dynamicContent = {
        ".o_recovery_terms": { "t-on-change": this.debounced(this.preview, 300) },
    };

    setup() {
        this.asked = 0;
    }

    async preview() {
        if (this.asked >= MOST || !this.el.checkValidity()) {
            return;
        }
        const asked = ++this.asked;
        const page = await this.waitFor(this.ask());
        // a later change has been asked about meanwhile
        if (asked === this.asked) {
            const answer = this.answerIn(page);
            this.el.querySelectorAll(".o_recovery_error").forEach((error) => error.remove());
            this.el.querySelector(PLACE).replaceChildren(...answer);
        }
    }

    async ask() {
        const body = new FormData(this.el);
        body.set("what", "show");
        const answer = await fetch(this.el.action, { method: "POST", body });
        return new DOMParser().parseFromString(await answer.text(), "text/html");
    }

    /** What the page says of this form; nothing where it is another page, such as the login. */
    answerIn(page) {
        const key = CSS.escape(this.el.elements.form.value);
        const form = page.querySelector(`form.o_recovery_plan:has([name=form][value="${key}"])`);
        const errors = form?.querySelectorAll(".o_recovery_error") ?? [];
        const shown = form?.querySelector(PLACE).childNodes ?? [];
        return [...errors, ...shown];
    }
}

registry.category("public.interactions").add("overdue_recovery.plan_preview", PlanPreview);
