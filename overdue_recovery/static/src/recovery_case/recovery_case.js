import { registry } from "@web/core/registry";
import { FormRenderer } from "@web/views/form/form_renderer";
import { StatusBarButtons } from "@web/views/form/status_bar_buttons/status_bar_buttons";
import { formView } from "@web/views/form/form_view";

/** So many buttons stand side by side; the others wait under "More". */
const DAILY = 6;

/** What is done with a customer every day, side by side; what is rare, in a menu. */
export class RecoveryCaseButtons extends StatusBarButtons {
    static template = "overdue_recovery.RecoveryCaseButtons";

    get dailySlots() {
        return this.visibleSlotNames.slice(0, this.env.isSmall ? 1 : DAILY);
    }

    get otherSlots() {
        return this.visibleSlotNames.slice(this.dailySlots.length);
    }
}

export class RecoveryCaseRenderer extends FormRenderer {
    static components = { ...FormRenderer.components, StatusBarButtons: RecoveryCaseButtons };
}

registry.category("views").add("recovery_case_form", {
    ...formView,
    Renderer: RecoveryCaseRenderer,
});
