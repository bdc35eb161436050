"""What happens once, when the addon comes and when it goes."""

from odoo.tools import SQL


def post_init_hook(env):
    """Give every company its first policy."""
    env["res.company"].search([])._recovery_create_default_policies()


def uninstall_hook(env):
    """Let go of the log and of the rows, so that the tables can leave with the addon."""
    env["recovery.interaction"]._drop_triggers()
    _delete_tasks(env)
    _leave_products(env)
    _drop_foreign_keys(env)


def _delete_tasks(env):
    """Delete the tasks of our own kinds, done ones too: core refuses to delete their types."""
    kinds = env["ir.model.data"].search(
        [("module", "=", "overdue_recovery"), ("model", "=", "mail.activity.type")]
    )
    tasks = env["mail.activity"].with_context(active_test=False)
    tasks.search([("activity_type_id", "in", kinds.mapped("res_id"))]).unlink()


def _leave_products(env):
    """Let the products of charges stay, archived, where invoices were made of them: the ledger
    outlives the addon, and core would try in vain to delete them."""
    data = env["ir.model.data"].search(
        [("module", "=", "overdue_recovery"), ("name", "=like", "product_charge_%")]
    )
    products = env["product.product"].browse(
        data.filtered(lambda one: one.model == "product.product").mapped("res_id")
    )
    if env["account.move.line"].search_count([("product_id", "in", products.ids)], limit=1):
        products.action_archive()
        data.unlink()


def _drop_foreign_keys(env):
    """Drop the keys from and to our tables, which all go with their rows.

    Core deletes the records that came as data first, one model after the other; a level that is
    in use, or a template that a level uses, would be refused with an error in the log.
    """
    models = [
        model for model in env.registry.values() if model._original_module == "overdue_recovery"
    ]
    tables = tuple(model._table for model in models if not model._abstract)
    keys = env.execute_query(
        SQL(
            """
            SELECT owner.relname, key.conname
              FROM pg_constraint key
              JOIN pg_class owner ON owner.oid = key.conrelid
              JOIN pg_class target ON target.oid = key.confrelid
             WHERE key.contype = 'f' AND owner.relnamespace = current_schema::regnamespace
               AND (owner.relname IN %(tables)s OR target.relname IN %(tables)s)
            """,
            tables=tables,
        )
    )
    for table, key in keys:
        env.cr.execute(
            SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(key))
        )
