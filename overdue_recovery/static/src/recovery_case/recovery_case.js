import { registry } from "@web/core/registry";
import { FormRenderer } from "@web/views/form/form_renderer";
import { StatusBarButtons } from "@web/views/form/status_bar_buttons/status_bar_buttons";
import { formView } from "@web/views/form/form_view";

/** The first so many buttons of the view stand side by side; the others wait under "More". */
const DAILY = 6;

/** What is done with a customer every day, side by side; what is rare, in a menu. */
export class RecoveryCaseButtons extends StatusBarButtons {
    static template = "overdue_recovery.RecoveryCaseButtons";

    get dailySlots() {
        const visible = this.visibleSlotNames;
        const daily = Object.keys(this.props.slots || {}).slice(0, DAILY);
        return this.env.isSmall ? visible.slice(0, 1) : visible.filter((name) => daily.includes(name));
    }

    get otherSlots() {
        const daily = this.dailySlots;
        return this.visibleSlotNames.filter((name) => !daily.includes(name));
    }
}

export class RecoveryCaseRenderer extends FormRenderer {
    static components = { ...FormRenderer.components, StatusBarButtons: RecoveryCaseButtons };
}

registry.category("views").add("recovery_case_form", {
    ...formView,
    Renderer: RecoveryCaseRenderer,
});
