"""What the processes of the fault tests do: each takes ``env`` and returns what JSON can hold."""

from datetime import timedelta

LOST = timedelta(minutes=20)
# The advisory lock that keeps a transaction open until a test has seen enough.
DAWDLE = 190000


def prepare(env, port, customers):
    """A company that duns by itself, through one mail server, with an invoice overdue each."""
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    company.email = "accounts@company.example"
    env["ir.mail_server"].create(
        {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
    )
    # these tests pass at any hour of any day
    env["recovery.law"].with_context(active_test=False).search([]).contact_active = False
    partners = env["res.partner"].create(
        [
            {"name": f"Customer {number}", "email": f"c{number}@customer.example"}
            for number in range(customers)
        ]
    )
    due = company._recovery_today() - timedelta(days=10)
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": due - timedelta(days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 100.0, "tax_ids": []})],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    env["recovery.case"]._cron_recompute()
    # only a person's first run may switch it on: these tests are about what comes afterwards
    env.flush_all()
    env.cr.execute(
        "UPDATE dunning_policy SET mode = 'automatic', date_start = NULL, max_notices = 999"
    )
    env.cr.commit()


def cycle(env):
    """A day of a company that leaves the run unattended."""
    env["recovery.case"]._cron_daily()
    env.cr.commit()
    env["dunning.delivery"]._cron_deliver()
    env.cr.commit()


def propose(env):
    """A person proposes."""
    run = env["dunning.run"].create({})
    run.action_propose()
    env.cr.commit()
    return run.id


def issue(env):
    """A person clicks Issue: what collides with somebody else's work is tried again by Odoo, and
    what somebody else is at already is refused with a sentence."""
    from odoo.exceptions import UserError
    from odoo.service.model import retrying

    def click():
        runs = env["dunning.run"].search([("state", "in", ("proposed", "issuing"))])
        return runs and runs.action_issue()

    try:
        retrying(click, env)
    except UserError as refusal:
        return str(refusal)
    return ""


def deliver(env):
    """The delivery job."""
    env["dunning.delivery"]._cron_deliver()
    env.cr.commit()


def delay_every_batch_twice(env):
    """Two jobs for each batch, one after the other, which the delivery job would not make."""
    from odoo.addons.overdue_recovery_queue.models.dunning_delivery import BATCH

    deliveries = env["dunning.delivery"].search([])
    for batch in sorted({delivery.id // BATCH for delivery in deliveries}):
        for _time in range(2):
            env["dunning.delivery"].with_delay()._deliver_batch(batch)
    env.cr.commit()


def finish(env):
    """Another process, later: the jobs come again, and again after every pause."""
    later(env)
    cycle(env)
    later(env)
    deliver(env)


def later(env):
    """Put the times of lost and of waiting messages back, as if hours had passed."""
    env.cr.execute(
        "UPDATE dunning_delivery SET sending_since = sending_since - %s, next_try = NULL"
        " WHERE state IN ('queued', 'sending')",
        [LOST],
    )
    env.cr.commit()


# -- what people do meanwhile ----------------------------------------------------------------


def invoices(env, customers):
    """The invoices of customers by their numbers."""
    emails = [f"c{number}@customer.example" for number in customers]
    return env["account.move"].search([("partner_id.email", "in", emails)])


def dawdle(env):
    """Stay in the transaction until the test lets go of its lock."""
    env.flush_all()
    env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [DAWDLE])


def pay(env, customers, patience=None, slowly=False):
    """A person registers payments. ``patience``: milliseconds it may wait for any lock before it
    fails; ``slowly``: it keeps its transaction open."""
    if patience:
        env.cr.execute("SET LOCAL lock_timeout = %s", [patience])
    for move in invoices(env, customers):
        wizard = env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard.create({}).action_create_payments()
    if slowly:
        dawdle(env)
    env.cr.commit()


def credit(env, customers):
    """A person reverses invoices with credit notes."""
    for move in invoices(env, customers):
        wizard = env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard.create({"journal_id": move.journal_id.id}).refund_moves()
        env["account.move"].search([("reversed_entry_id", "=", move.id)]).action_post()
        receivable = (move | move.reversal_move_ids).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
        )
        receivable.reconcile()
    env.cr.commit()


def reset_to_draft(env, customers):
    """A person takes invoices back to correct them."""
    invoices(env, customers).button_draft()
    env.cr.commit()


def dispute(env, customers):
    """A person notes that invoices are disputed."""
    reason = env["recovery.hold.reason"].search([("code", "=", "disputed")])
    env["recovery.hold"].create(
        [{"move_id": move.id, "reason_id": reason.id} for move in invoices(env, customers)]
    )
    env.cr.commit()


def retry(env, state):
    """A person sends again what is in this state."""
    env["dunning.delivery"].search([("state", "=", state)]).action_retry()
    env.cr.commit()


def note(env):
    """A person writes to every case, and keeps the transaction open."""
    env.cr.execute("UPDATE recovery_case SET write_date = write_date")
    dawdle(env)
    env.cr.commit()


def forbid_weekday(env):
    """A manager switches on a contact rule that leaves out today and the days next to it."""
    today = env.company._recovery_today()
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    closed = {names[(today.weekday() + step) % 7] for step in (-1, 0, 1)}
    env["recovery.law"].create(
        {
            "code": "CLOSED",
            "name": "Closed",
            "source": "A test",
            "valid_from": today - timedelta(days=30),
            "contact_active": True,
            "contact_rule_ids": [(0, 0, {name: name not in closed for name in names})],
        }
    )
    env.cr.commit()
    # as the end of a request does
    env.registry.signal_changes()


def break_template(env, customer):
    """A template that raises for one customer: an upgrade brought it, no editor would take it."""
    email = f"c{customer}@customer.example"
    broken = f"object.name if object.partner_id.email != '{email}' else object.no_such_thing"
    subject = "{{ %s }}" % broken  # noqa: UP031
    env.cr.execute(
        "UPDATE mail_template SET subject = jsonb_build_object('en_US', %s)"
        " WHERE model = 'dunning.notice'",
        [subject],
    )
    env.cr.commit()


def cycle_with_patience(env, patience):
    """A day in which no lock is waited for longer than ``patience`` milliseconds."""
    env.cr.execute("SET lock_timeout = %s", [patience])
    cycle(env)


def issue_slowly(env):
    """Issue, and stay in the transaction for a while before it is committed."""
    jobs = type(env["ir.cron"])
    commit = jobs._recovery_commit

    def commit_slowly(this, *args, **kwargs):
        dawdle(this.env)
        return commit(this, *args, **kwargs)

    jobs._recovery_commit = commit_slowly
    env["dunning.run"].search([("state", "=", "proposed")]).action_issue()
    env.cr.commit()


def facts(env):
    """What the database says in the end."""
    notices = env["dunning.notice"].search([("state", "not in", ("skipped", "cancelled"))])
    deliveries = env["dunning.delivery"].search([("state", "!=", "cancelled")])
    cases = env["recovery.case"].search([])
    broken = env["recovery.interaction"]._verify(cases)
    return {
        "notices": [[notice.partner_id.email, notice.state] for notice in notices],
        "deliveries": [
            [delivery.address, delivery.state, delivery.message_id, delivery.reason]
            for delivery in deliveries
        ],
        "levels": [
            item.partner_id.email for item in env["dunning.item"].search([]) if item.level_id
        ],
        "runs": env["dunning.run"].search([]).mapped("state"),
        "mails": env["mail.mail"].search_count([("model", "=", "dunning.notice")]),
        "broken": [number for number in broken.values() if number],
    }


# -- agencies ----------------------------------------------------------------------------------


def refer(env, url, count):
    """Place ``count`` items of one customer, a referral each, with an agency at ``url``."""
    company = env.company
    agency = env["recovery.agency"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Agency"}).id,
            "company_id": company.id,
            "connector": "rest",
            "rest_url": url,
            "secret_name": "faults",
        }
    )
    referrals = env["recovery.referral"]
    for item in owe(env, count):
        referrals |= referrals.create({"agency_id": agency.id, "move_line_ids": [(6, 0, item.ids)]})
    # whether they may be placed is not what these tests are about
    for state in ("checked", "approved", "sent"):
        referrals._set_state(state)
    for referral in referrals:
        referral._send_to_agency()
    env.cr.commit()


def owe(env, count):
    """An invoice in ``count`` installments, all of them overdue; return their items."""
    term = env["account.payment.term"].create(
        {
            "name": "Many",
            "line_ids": [
                (0, 0, {"value": "percent", "value_amount": 100 / count, "nb_days": number})
                for number in range(count)
            ],
        }
    )
    customer = env["res.partner"].create({"name": "Many", "email": "many@customer.example"})
    line = {"name": "Work", "price_unit": 100.0 * count, "tax_ids": []}
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": customer.id,
            "invoice_date": env.company._recovery_today() - timedelta(days=count + 60),
            "invoice_payment_term_id": term.id,
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    move.action_post()
    return move._recovery_lines()


def call_agencies(env, later=False):
    """The job that calls agencies, as often as there is something to call; ``later``: hours have
    passed."""
    calls = env["recovery.outbox"]
    if later:
        env.cr.execute(
            "UPDATE recovery_outbox SET next_try = NULL, sending_since = sending_since - %s"
            " WHERE state IN ('queued', 'sending')",
            [LOST],
        )
        env.cr.commit()
    while True:
        calls._cron_send()
        env.cr.commit()
        if not calls.search_count(calls._due_domain()):
            return


def calls(env):
    """(number, state of the call, the agency's number, idempotency key) of each referral."""
    return [
        [call._record().name, call.state, call._record().external_ref, call.idempotency_key]
        for call in env["recovery.outbox"].search([])
    ]


# -- automatic debits ----------------------------------------------------------------------------


def consent(env, count):
    """``count`` customers who agreed to be debited, by Odoo's provider that takes no money; each
    has a debit of 100.00 that was announced for today."""
    today = env.company._recovery_today()
    provider = env["payment.provider"].search([("code", "=", "demo")])
    provider.write(
        {
            "state": "test",
            "journal_id": env["account.journal"].search([("type", "=", "bank")], limit=1).id,
        }
    )
    for number in range(count):
        partner = env["res.partner"].create({"name": f"Debited {number}"})
        card = env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "partner_id": partner.id,
                "payment_details": "4242",
                "provider_ref": "saved",
            }
        )
        autopay = env["recovery.autopay"].create(
            {"partner_id": partner.id, "payment_token_id": card.id}
        )
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": today,
                "invoice_date_due": today,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 100.0, "tax_ids": []})],
            }
        )
        move.action_post()
        values = autopay._attempt_values(move._recovery_lines(), 100.0)
        env["recovery.autopay.attempt"].create({**values, "date_due": today})
    env.cr.commit()


def debit(env, url, only=None, later=False):
    """The job that debits, at a provider that writes down what it takes, then core's that books
    it. ``only``: the number of the customer whose consent does not rest, None: all of them;
    ``later``: a day has passed."""
    import requests

    def ask(transaction):
        key, [move] = transaction.reference, transaction.invoice_ids
        answer = requests.post(
            f"{url}/debits",
            json={"reference": move.name, "amount": transaction.amount},
            headers={"Idempotency-Key": key},
            timeout=10,
        )
        answer.raise_for_status()
        transaction._process("demo", {"reference": key, "simulated_state": "done"})

    type(env["payment.transaction"])._send_payment_request = ask
    env.cr.execute(
        "UPDATE recovery_autopay SET state = CASE WHEN partner.name = %s OR %s THEN 'active'"
        " ELSE 'suspended' END FROM res_partner partner WHERE partner.id = partner_id",
        [f"Debited {only}", only is None],
    )
    if later:
        env.cr.execute("UPDATE recovery_autopay_attempt SET date_charged = date_charged - 1")
    env.cr.commit()
    env["recovery.autopay"]._cron_autopay()
    env.cr.commit()
    env["payment.transaction"]._cron_post_process()


def debits(env):
    """(document, state, what is open of the document, payments booked) of each debit."""
    return [
        [
            attempt.name,
            attempt.state,
            attempt.move_line_id.amount_residual,
            len(attempt.transaction_id.payment_id),
        ]
        for attempt in env["recovery.autopay.attempt"].search([])
    ]


# -- customers on the portal ---------------------------------------------------------------------


def open_portal(env, password):
    """The link and the login of every customer who was written to, and what the form of payment
    sends."""
    sent = env["dunning.delivery"].search([("state", "=", "sent")], order="address")
    tokens = env["recovery.link"]._issue(sent)
    env["res.users"].with_context(no_reset_password=True).create(
        [
            {
                "name": delivery.address,
                "login": delivery.address,
                "password": password,
                "partner_id": delivery.recipient_id.id,
                "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
            }
            for delivery in sent
        ]
    )
    provider = env["payment.provider"].search([("code", "=", "demo")])
    company = env.company
    company.write({"recovery_plan_accepted_amount": 500.0, "recovery_plan_min_amount": 10.0})
    env.cr.commit()
    return {
        "ways": [[tokens[delivery.id], delivery.address] for delivery in sent],
        "account": f"{company.id}/{company.currency_id.id}",
        "terms": {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids.id,
            "token_id": None,
            "amount": 1.0,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/",
            "is_validation": False,
        },
    }
