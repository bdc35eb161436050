"""A row in every table of the addon, made as in daily work as far as that goes."""

from datetime import timedelta
from unittest.mock import patch

OURS = ("dunning.", "recovery.")


def fill(env):
    """Let a company dun, hold, except and log, until no table of ours is empty."""
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    company.email = "accounts@company.example"
    # the clock is the real one, and it may be night
    env.ref("overdue_recovery.recovery_law_courtesy").contact_active = False
    customers = env["res.partner"].create(
        [
            {"name": "Late", "email": "late@customer.example"},
            {"name": "Nowhere"},
            {"name": "Later", "email": "later@customer.example"},
        ]
    )
    today = company._recovery_today()
    invoices = invoice(env, customers[0], today, 10) | invoice(env, customers[1], today, 20)
    charge(env)
    send(env)
    waive(env)
    invoices |= invoice(env, customers[2], today, 6)
    propose(env, customers[2])
    hold(env, invoices[0])
    invoices[0].line_ids[-1:].dunning_item_ids.taken_in = False
    answer(env, invoices[0].partner_id)
    agree(env, today)
    contest(env, today)
    debit(env, today)
    refer(env, today)
    ask(env, today)
    leave(env, today)
    env["recovery.case.dirty"]._put(env["recovery.case"].search([]))
    open_dialogs(env, invoices)


def invoice(env, partner, today, days):
    """A posted invoice that fell due ``days`` ago."""
    due = today - timedelta(days=days)
    line = {"name": "Work", "price_unit": 100.0, "tax_ids": []}
    found = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": due - timedelta(days=30),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    found.action_post()
    return found


def send(env):
    """One run, proposed, issued and sent by a server that takes everything."""
    run = propose(env)
    run.action_issue()
    servers = type(env["ir.mail_server"])
    with (
        patch.object(servers, "_connect__", return_value=None),
        patch.object(servers, "send_email", return_value="<taken@server.example>"),
    ):
        env["dunning.delivery"]._cron_deliver()
    assert run.notice_ids.mapped("state") == ["sent"], run.notice_ids.mapped("state")


def propose(env, partners=None):
    """A proposed run."""
    values = {"partner_ids": partners.ids, "policy_ids": policies(env).ids} if partners else {}
    run = env["dunning.run"].create(values)
    run.action_propose()
    return run


def policies(env):
    """All policies of the company."""
    return env["dunning.policy"].search([("company_id", "=", env.company.id)])


def hold(env, document):
    """A hold on a document, and a reason of ours for its lateness."""
    reason = env["recovery.hold.reason"].search([("code", "=", "disputed")])
    env["recovery.hold"].create({"move_id": document.id, "reason_id": reason.id, "amount": 10})
    document.late_reason_id = env["recovery.late.reason"].search([], limit=1)
    document.partner_id.dunning_policy_id = policies(env)[:1]
    env["recovery.law"].search([], limit=1).country_ids = env.ref("base.de")


def charge(env):
    """Let the policy charge a fee, by a law that is switched on for everybody."""
    env["recovery.law"].create(
        {
            "code": "TEST",
            "name": "Test law",
            "valid_from": "2020-01-01",
            "source": "A test",
            "charges_active": True,
            "charges_since": "2020-01-01",
        }
    )
    policies(env).write({"charges": True, "charges_since": "2020-01-01"})
    levels = policies(env).level_ids
    levels.write({"fee_type": "tiered", "fee_band_ids": [(0, 0, {"fixed": 60})]})


def waive(env):
    """A waiver above the limit, which waits for another manager."""
    env["recovery.charge"].search([("state", "=", "posted")], limit=1).action_waive("A test")


def answer(env, partner):
    """A customer who wrote, one answered and one waiting."""
    case = partner._recovery_case(env.company).sudo()
    entry = {"direction": "in", "channel": "email", "kind": "reply", "text": "A question"}
    case._reply_received(entry)
    case._reply_activities().action_feedback()
    case._reply_received(entry)


def agree(env, today):
    """A promise, a plan, an offer that was accepted, paid and closed, and money that somebody
    allocated."""
    customer = env["res.partner"].create({"name": "Promises"})
    item = invoice(env, customer, today, 100).line_ids.filtered("date_maturity")
    env["recovery.promise.create"]._open_for(customer._recovery_case(env.company))
    env["recovery.call.log"]._open_for(customer._recovery_case(env.company))
    env["recovery.erasure"]._open_for(customer)
    case = customer._recovery_case(env.company)
    env["recovery.promise.create"]._open_for(case)
    case.action_hardship()
    env["recovery.call.log"]._open_for(case)
    env["recovery.promise"].create(
        {"date_promised": today, "claim_ids": [(0, 0, {"move_line_id": item.id})]}
    )
    customer = env["res.partner"].create({"name": "Pays in parts"})
    item = invoice(env, customer, today, 100).line_ids.filtered("date_maturity")
    env["recovery.plan.create"]._open_for(customer._recovery_case(env.company))
    plan = env["recovery.plan"].create({"claim_ids": [(0, 0, {"move_line_id": item.id})]})
    plan.action_activate()
    customer = env["res.partner"].create({"name": "Settles"})
    for amount in (90, 10):
        item = invoice(env, customer, today, 100).line_ids.filtered("date_maturity")
        offer = env["recovery.offer"].create(
            {
                "amount": amount,
                "expiry_date": today,
                "close_by": "write_off",
                "claim_ids": [(0, 0, {"move_line_id": item.id})],
            }
        )
        offer.sudo()._accept()
    payment = env["account.payment"].create(
        {"amount": 150, "partner_id": customer.id, "partner_type": "customer"}
    )
    payment.action_post()
    env["account.move.line"]._recovery_allocate(payment._recovery_open_credits())
    env["recovery.offer"]._judge_all()
    assert offer.state == "fulfilled", offer.state
    invoice(env, customer, today, 100)
    offer.case_id.invalidate_recordset()
    env["recovery.offer.create"]._open_for(offer.case_id)


def debit(env, today):
    """A customer who is debited automatically, with a debit that is announced."""
    customer = env["res.partner"].create({"name": "Debited", "email": "card@customer.example"})
    method = env.ref("payment.payment_method_unknown")
    values = {"name": "A test", "code": "none", "payment_method_ids": [(4, method.id)]}
    provider = env["payment.provider"].create({**values, "state": "test"})
    method.active = True
    card = env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": method.id,
            "partner_id": customer.id,
            "payment_details": "4242",
            "provider_ref": "saved",
        }
    )
    case = customer._recovery_case(env.company)
    case.action_autopay()
    autopay = env["recovery.autopay"].create(
        {"partner_id": customer.id, "payment_token_id": card.id}
    )
    item = invoice(env, customer, today, 30).line_ids.filtered("date_maturity")
    env["recovery.autopay.attempt"].create(autopay._attempt_values(item, 100.0))


def contest(env, today):
    """A dispute that is open, and one that was accepted in part, with their dialogs."""
    customer = env["res.partner"].create({"name": "Contests"})
    reason = env.ref("overdue_recovery.late_reason_our_error")
    for _number in range(2):
        document = invoice(env, customer, today, 100)
        file = env["ir.attachment"].create({"name": "Photo.txt", "raw": b"broken"})
        dispute = env["recovery.dispute"].create(
            {
                "move_id": document.id,
                "amount_disputed": 60,
                "reason_id": reason.id,
                "attachment_ids": [(4, file.id)],
            }
        )
    dispute.action_decide()
    dispute.action_accept(10)
    dialog = document.action_dispute()["res_id"]
    env["recovery.dispute.create"].browse(dialog).attachment_ids = [(4, file.id)]


def refer(env, today):
    """An invoice that an agency collects, and its dialogs."""
    partners = env["res.partner"].create([{"name": "Collect Ltd"}, {"name": "Silent"}])
    agency = env["recovery.agency"].create(
        {
            "partner_id": partners[0].id,
            "country_ids": [(4, env.ref("base.be").id)],
            "wants_invoices": False,
            "fee_ids": [(0, 0, {"percent": 9.5})],
        }
    )
    item = invoice(env, partners[1], today, 100).line_ids.filtered("date_maturity")
    env["recovery.referral.create"]._open_for(partners[1]._recovery_case(env.company))
    referral = env["recovery.referral"].create(
        {"agency_id": agency.id, "move_line_ids": [(6, 0, item.ids)]}
    )
    # everything that an agency wants is told elsewhere: here it is placed as it is
    for state in ("checked", "approved"):
        referral._set_state(state)
    referral.sudo()._place()
    agency.field_ids = [(0, 0, {"source": "debtor_name", "target": "name"})]
    referral._send_to_agency()
    told = {"id": "P-1", "type": "payment", "amount": "50.00", "reference": referral.name}
    env["recovery.inbox"]._receive(agency, told)
    for dialog in ("report", "book", "take.back"):
        env[f"recovery.referral.{dialog}"]._open_for(referral)


def leave(env, today):
    """A collector was away for a day."""
    day = today - timedelta(days=30)
    deputy = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": "Deputy",
                "login": "deputy",
                "group_ids": [(4, env.ref("overdue_recovery.group_user").id)],
                "company_ids": [(6, 0, env.company.ids)],
                "company_id": env.company.id,
            }
        )
    )
    env["recovery.absence"].create(
        {"user_id": env.uid, "deputy_id": deputy.id, "date_from": day, "date_to": day}
    )


def ask(env, today):
    """A request with a file that waits for an answer, and its dialog."""
    customer = env["res.partner"].create({"name": "Asks"})
    item = invoice(env, customer, today, 100).line_ids.filtered("date_maturity")
    file = env["ir.attachment"].create({"name": "Proof.txt", "raw": b"paid"})
    request = env["recovery.request"].create(
        {
            "case_id": customer._recovery_case(env.company).id,
            "kind": "paid_proof",
            "move_line_ids": [(4, item.id)],
            "attachment_ids": [(4, file.id)],
        }
    )
    request.action_approve()


def open_dialogs(env, invoices):
    """Leave the rows behind that dialogs leave behind."""
    env["dunning.skip"].create(
        {"notice_ids": env["dunning.notice"].search([]).ids, "reason": "A test"}
    )
    env["dunning.forecast"].create({})
    deliveries = env["dunning.delivery"].search([], limit=1)
    env["dunning.delivery"]._ask_for_address(deliveries.notice_id)
    env["dunning.switch"].create({"delivery_ids": deliveries.ids})
    env["dunning.letter.print"].create({"delivery_ids": deliveries.ids})
    env["dunning.hold.override"].create({"delivery_ids": deliveries.ids, "reason": "A test"})
    env["recovery.charge.waive"].create(
        {"charge_ids": env["recovery.charge"].search([]).ids, "reason": "A test"}
    )
    env["dunning.takeover"].create({"move_line_ids": invoices.line_ids.ids})
    env["recovery.rate.import"].create(
        {"rate_id": env["recovery.reference.rate"].search([], limit=1).id}
    )
    env["recovery.hold.create"].create(
        {"reason_id": env["recovery.hold.reason"].search([], limit=1).id}
    )
    env["recovery.link.code"].create(
        {
            "link_id": env["recovery.link"].search([], limit=1).id,
            "digest": "0" * 64,
            "date_expiry": "2099-01-01 00:00:00",
        }
    )
    env["recovery.portal.visit"]._allow("somebody", "a page", 1)
    env["recovery.ageing.ask"].create({})
    env["recovery.start"].create({})


def tables(env):
    """The tables of our models and of the relations that their fields made."""
    models = [
        model
        for name, model in env.registry.items()
        if name.startswith(OURS) and model._auto and not model._abstract
    ]
    return {model._table for model in models} | {
        field.relation
        for model in models
        for field in model._fields.values()
        if field.type == "many2many" and field.store and field.relation
    }


def counts(env):
    """{table: number of rows} of all tables of ours."""
    env.flush_all()
    found = {}
    for table in sorted(tables(env)):
        env.cr.execute(f'SELECT COUNT(*) FROM "{table}"')
        found[table] = env.cr.fetchone()[0]
    return found
