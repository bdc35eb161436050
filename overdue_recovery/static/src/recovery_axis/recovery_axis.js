import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The levels of a policy along the days since the due date, as they are typed and dragged. */
export class RecoveryAxis extends Component {
    static template = "overdue_recovery.RecoveryAxis";
    static props = { ...standardWidgetProps };

    /** Active levels with their day; one that counts from the notice before it begins there. */
    get levels() {
        let day = 0;
        const found = [];
        for (const { id, data } of this.props.record.data.level_ids.records) {
            if (data.active !== false) {
                const from = data.basis === "previous_notice" ? Math.max(day, 0) : 0;
                day = from + data.delay_days;
                found.push({ id, day, name: data.name });
            }
        }
        return found;
    }

    /** The levels and the due date, each with its place from 0 to 100. */
    get marks() {
        const levels = this.levels;
        const days = [0, ...levels.map((level) => level.day)];
        const first = Math.min(...days);
        const span = Math.max(...days) - first || 1;
        return [{ id: "due", day: 0, due: true }, ...levels].map((mark) => ({
            ...mark,
            style: `left: ${(100 * (mark.day - first)) / span}%`,
        }));
    }
}

registry.category("view_widgets").add("recovery_axis", { component: RecoveryAxis });
