import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";
import { ViewButton } from "@web/views/view_button/view_button";

/** The figures above today's list; a click opens the list that a figure is the sum of. */
export class RecoveryStrip extends Component {
    static template = "overdue_recovery.RecoveryStrip";
    static props = { list: { type: Object, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ figures: [] });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.state.figures = await this.orm.call("recovery.today", "recovery_strip", []);
    }

    async open(figure) {
        const args = [figure.key];
        return this.action.doAction(
            await this.orm.call("recovery.today", "action_open_figure", args)
        );
    }
}

/**
 * Opens the case of a row, with all rows of the list for its previous and next buttons.
 *
 * A row's id is the id of its case.
 */
function opensCases(Controller) {
    return class extends Controller {
        async openRecord(record) {
            const resIds = this.model.root.records.map((row) => row.resId);
            return this.actionService.doAction(
                {
                    type: "ir.actions.act_window",
                    res_model: "recovery.case",
                    res_id: record.resId,
                    views: [[false, "form"]],
                },
                { props: { resIds } }
            );
        }
    };
}

/** Keys that press a row's button, named in the button's own text. */
const KEYS = {
    c: "action_log_call",
    s: "action_send_now",
    p: "action_promise",
    i: "action_plan",
    h: "action_hold",
};

/** A button that is only an icon, and says what it does to who can't see it. */
class NamedButton extends ViewButton {
    static template = "overdue_recovery.NamedButton";
}

export class RecoveryTodayRenderer extends ListRenderer {
    static template = "overdue_recovery.RecoveryTodayRenderer";
    static components = { ...ListRenderer.components, RecoveryStrip, ViewButton: NamedButton };

    onCellKeydownReadOnlyMode(hotkey, cell) {
        const name = KEYS[hotkey];
        const button = name && cell.closest("tr").querySelector(`button[name=${name}]`);
        if (button) {
            button.click();
            return true;
        }
        return super.onCellKeydownReadOnlyMode(...arguments);
    }
}

registry.category("views").add("recovery_today_list", {
    ...listView,
    Controller: opensCases(ListController),
    Renderer: RecoveryTodayRenderer,
});

registry.category("views").add("recovery_today_kanban", {
    ...kanbanView,
    Controller: opensCases(KanbanController),
});
