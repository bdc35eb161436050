import { capitalize } from "@web/core/utils/strings";
import { registry } from "@web/core/registry";
import {
    RemainingDaysField,
    remainingDaysField,
} from "@web/views/fields/remaining_days/remaining_days_field";

/**
 * How many days off a date is. Core counts in months as soon as another month begins: on the 28th
 * of November the 1st of December is "Next month", and what fell due in October "Last month".
 */
export class RecoveryDaysField extends RemainingDaysField {
    get diffString() {
        if (this.diffDays === null || Math.abs(this.diffDays) > 99) {
            return super.diffString;
        }
        const { record, name } = this.props;
        return capitalize(record.data[name].toRelativeCalendar({ unit: "days" }));
    }
}

registry.category("fields").add("recovery_days", {
    ...remainingDaysField,
    component: RecoveryDaysField,
});
