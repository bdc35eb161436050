import { Component, onWillDestroy, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const NOTHING = { ageing: [], past: [], today: [], next: [] };

/**
 * A customer's ageing bar and timeline: what happened, what holds today, what comes next.
 *
 * It asks for itself after the form is open: the coming steps are simulated, and nobody waits for
 * them. A list in the order of time, so that a screen reader and a printer get the same.
 */
export class RecoveryStory extends Component {
    static template = "overdue_recovery.RecoveryStory";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.story = useState({ ...NOTHING, asking: false });
        // one reading of a form tells of many changes: its story is asked for once
        const ask = debounce(this.load.bind(this), 50);
        // not on unmounting: a form that is drawn anew at once destroys what was never mounted
        onWillDestroy(() => ask.cancel());
        // nothing is returned: the form does not wait
        useRecordObserver((record) => {
            this.story.asking = true;
            ask(record.resId, record.data.amount_overdue, record.data.follow_up_date);
        });
    }

    /**
     * @param {number|false} id
     * @param {number} [_overdue] read so that a payment lets it ask again
     * @param {Object} [_followUp] read so that another date lets it ask again
     */
    async load(id, _overdue, _followUp) {
        const asked = id && this.orm.silent.call("recovery.case", "recovery_story", [[id]]);
        this.asked = asked;
        try {
            const story = (await asked) || NOTHING;
            if (this.asked === asked) {
                Object.assign(this.story, story);
            }
        } finally {
            this.story.asking = this.story.asking && this.asked !== asked;
        }
    }

    get steps() {
        const { past, today, next } = this.story;
        return [
            ...past.map((step) => ({ ...step, when: "past" })),
            ...today.map((step) => ({ ...step, when: "today" })),
            ...next.map((step) => ({ ...step, when: "next" })),
        ];
    }

    get columns() {
        return this.story.ageing.map((column, index) => ({ ...column, index }));
    }

    /** Open the items of one part of the ageing bar. */
    async openAge(column) {
        const args = [[this.props.record.resId], column.index];
        return this.action.doAction(await this.orm.call("recovery.case", "action_open_age", args));
    }

    open(step) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: step.model,
            res_id: step.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("recovery_story", { component: RecoveryStory });
