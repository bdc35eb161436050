"""Does a copied ledger hold together, and would core have computed the same?"""

from random import Random

# Each selects what breaks a rule of every ledger; none may return a row.
RULES = {
    "every entry balances": """
        SELECT move_id FROM account_move_line GROUP BY move_id
        HAVING SUM(balance) != 0 OR SUM(debit) != SUM(credit)""",
    "debit less credit is the balance": """
        SELECT id FROM account_move_line WHERE debit - credit != balance OR debit * credit != 0""",
    "an item's residual is its amount less what its partials took": """
        SELECT line.id
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id AND account.reconcile
     LEFT JOIN (SELECT id, SUM(amount) AS amount, SUM(foreign_amount) AS foreign_amount
                  FROM (SELECT debit_move_id AS id, amount, debit_amount_currency AS foreign_amount
                          FROM account_partial_reconcile
                         UNION ALL
                        SELECT credit_move_id, -amount, -credit_amount_currency
                          FROM account_partial_reconcile) AS sides
              GROUP BY id) AS matched ON matched.id = line.id
         WHERE line.balance - COALESCE(matched.amount, 0) != line.amount_residual
            OR line.amount_currency - COALESCE(matched.foreign_amount, 0)
               != line.amount_residual_currency
            OR line.reconciled != (line.amount_residual = 0)""",
    "a document's amounts are those of its receivable items": """
        SELECT move.id
          FROM account_move move
          JOIN (SELECT move_id, SUM(line.balance) AS balance, SUM(amount_residual) AS residual
                  FROM account_move_line line
                  JOIN account_account account
                    ON account.id = line.account_id AND account.account_type = 'asset_receivable'
              GROUP BY move_id) AS items ON items.move_id = move.id
         WHERE move.move_type != 'entry'
           AND (move.amount_total_signed != items.balance
                OR move.amount_residual_signed != items.residual)""",
    "what is fully reconciled is marked so, and nothing else": """
        SELECT line.id FROM account_move_line line
         WHERE (line.full_reconcile_id IS NOT NULL) != (line.matching_number ~ '^[0-9]+$')""",
    "every item has its document and customer": """
        SELECT line.id
          FROM account_move_line line
     LEFT JOIN account_move move ON move.id = line.move_id AND move.partner_id = line.partner_id
     LEFT JOIN res_partner partner ON partner.id = line.partner_id
         WHERE move.id IS NULL OR partner.id IS NULL""",
    "every reconciliation has its items": """
        SELECT partial.id
          FROM account_partial_reconcile partial
     LEFT JOIN account_move_line debit ON debit.id = partial.debit_move_id
     LEFT JOIN account_move_line credit ON credit.id = partial.credit_move_id
     LEFT JOIN account_full_reconcile whole ON whole.id = partial.full_reconcile_id
         WHERE debit.id IS NULL OR credit.id IS NULL OR debit.partner_id != credit.partner_id
            OR debit.full_reconcile_id IS DISTINCT FROM partial.full_reconcile_id
            OR (whole.id IS NULL) != (partial.full_reconcile_id IS NULL)""",
    "no number is given twice in a journal": """
        SELECT journal_id, name FROM account_move GROUP BY 1, 2 HAVING COUNT(*) > 1""",
}
# What core computes and stores, and so does the copy.
COMPUTED = {
    "account.move": (
        "amount_untaxed",
        "amount_total",
        "amount_residual",
        "amount_total_signed",
        "amount_residual_signed",
        "amount_total_in_currency_signed",
        "payment_state",
        "commercial_partner_id",
        "invoice_partner_display_name",
    ),
    "account.move.line": (
        "amount_residual",
        "amount_residual_currency",
        "reconciled",
        "parent_state",
        "move_name",
        "date",
        "currency_id",
    ),
}


def broken_rules(env):
    """[text] of the rules that some row of the ledger breaks."""
    found = []
    for rule, query in RULES.items():
        env.cr.execute(f"SELECT COUNT(*), (ARRAY_AGG(broken))[1:3] FROM ({query}) AS broken")
        count, examples = env.cr.fetchone()
        if count:
            found.append(f"{rule}: not so {count} times, first {examples}")
    return found


def differences(env, size, seed=1):
    """[text] where core computes something else than what stands on a sample of documents."""
    env.cr.execute("SELECT id FROM account_move WHERE state = 'posted' ORDER BY id")
    ids = [move_id for (move_id,) in env.cr.fetchall()]
    moves = env["account.move"].browse(Random(seed).sample(ids, min(size, len(ids))))
    found = []
    with env.cr.savepoint() as savepoint:
        for records in (moves, moves.line_ids):
            for name in COMPUTED[records._name]:
                found += _recomputed(records, name)
        found += _matched_again(moves.line_ids)
        env.invalidate_all(flush=False)
        savepoint.rollback()
    return found


def _recomputed(records, name):
    stored = {record: record[name] for record in records}
    records.env.add_to_compute(records._fields[name], records)
    return [
        f"{record} {name}: {value!r} stands there, core computes {record[name]!r}"
        for record, value in stored.items()
        if not _same(record, name, value)
    ]


def _same(record, name, value):
    if record._fields[name].type in ("float", "monetary"):
        return abs(record[name] - value) < 0.001
    return record[name] == value


def _matched_again(lines):
    stored = {line: line.matching_number for line in lines}
    lines.env["account.partial.reconcile"]._update_matching_number(lines)
    return [
        f"{line} matching_number: {number!r} stands there, core gives {line.matching_number!r}"
        for line, number in stored.items()
        if line.matching_number != number
    ]
