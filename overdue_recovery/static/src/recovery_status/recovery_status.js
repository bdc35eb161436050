import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Where a document or a customer stands in recovery, in one line.
 *
 * It asks for itself after the form is open: whoever opens an invoice to look at something else
 * does not wait for it.
 */
export class RecoveryStatus extends Component {
    static template = "overdue_recovery.RecoveryStatus";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.status = useState({ level: "", text: "", has_case: false });
        // not returned: the form does not wait
        useRecordObserver((record) => {
            this.load(record.resModel, record.resId, record.data.amount_residual);
        });
    }

    /**
     * @param {string} model
     * @param {number|false} id
     * @param {number} [_residual] read so that a payment lets it ask again
     */
    async load(model, id, _residual) {
        const asked = id && this.orm.silent.call(model, "recovery_status", [[id]]);
        this.asked = asked;
        const status = (await asked) || { level: "", text: "", has_case: false };
        if (this.asked === asked) {
            Object.assign(this.status, status);
        }
    }

    openCase() {
        const { resModel, resId } = this.props.record;
        return this.action.doActionButton({
            type: "object",
            name: "action_open_recovery_case",
            resModel,
            resId,
        });
    }
}

registry.category("view_widgets").add("recovery_status", { component: RecoveryStatus });
