from odoo import api, fields, models


class DunningDeliveryChannel(models.AbstractModel):
    """Which channel a notice takes, and which one when that is closed."""

    _name = "dunning.delivery.channel"
    _description = "Delivery: choice of the channel"

    @api.model
    def _queue(self, notices):
        """Deliveries for these issued notices, on the channels of their level.

        A notice that nobody can be reached for becomes failed, with the reason, and its owner is
        asked to find an address.
        """
        reachable = notices.partner_id._recovery_recipients_by_channel()
        refused = self._unwelcome(notices, reachable)
        vals_list, unreachable = [], self.env["dunning.notice"]
        for notice in notices:
            found = self._deliveries_of(notice, reachable[notice.partner_id], refused)
            unreachable |= notice if not found else unreachable.browse()
            vals_list += found
        unreachable._set_state("failed", reason=self.env["dunning.reason"]._texts()["no_address"])
        self._ask_for_address(unreachable)
        return self._create_together(notices, vals_list)

    @api.model
    def _create_together(self, notices, vals_list):
        """New deliveries of these notices. A run makes as many as it has customers: they go in as
        its notices do, in two statements, with all keys and constraints in force."""
        if not vals_list:
            return self.browse()
        names = list(vals_list[0])
        of_notice = {n.id: (n.company_id.id, n.run_id.id, "queued", 0, False) for n in notices}
        rows = [
            (*(values[name] or None for name in names), *of_notice[values["notice_id"]])
            for values in vals_list
        ]
        columns = [*names, "company_id", "run_id", "state", "attempts", "is_merged"]
        deliveries = self.browse(self.env["dunning.proposal"]._insert(self._name, columns, rows))
        notices.invalidate_recordset(["delivery_ids"], flush=False)
        deliveries.modified(["notice_id", "state"])
        return deliveries

    def _deliveries_of(self, notice, reachable, refused):
        """Values of the deliveries of one notice: the first channel of the level that has a live
        address, to each of its recipients, and the call on top.

        :param reachable: {channel: recipients} of its customer
        :param refused: what ``_unwelcome`` says
        """
        found = self._written_to(notice, reachable, notice._alternatives(), refused)
        called = any(d.channel == "call" and d.state != "cancelled" for d in notice.delivery_ids)
        if "call" in notice.level_id._channels() and not called:
            found += self._delivery_values(notice, "call", notice.partner_id)
        return found

    def _written_to(self, notice, reachable, channels, refused):
        """Values of the deliveries on the first of these channels that reaches somebody: one that
        is ``refused`` is used only when there is no other."""
        welcome = {
            channel: reachable[channel].filtered(
                lambda r, channel=channel: (
                    (r.id, channel, r._recovery_address(channel)) not in refused
                )
            )
            for channel in channels
        }
        for found in (welcome, reachable):
            for channel in channels:
                if found[channel]:
                    return self._delivery_values(notice, channel, found[channel])
        return []

    def _delivery_values(self, notice, channel, recipients):
        return [
            {
                "notice_id": notice.id,
                "channel": channel,
                "recipient_id": partner.id,
                "address": partner._recovery_address(channel),
                "lang": partner.lang or notice.partner_id.lang,
            }
            for partner in recipients
        ]

    @api.model
    def _unwelcome(self, notices, reachable):
        """{(recipient id, channel, address)} that are used for these notices only where there is
        no other way: a server or the contact gate has refused them.

        :param reachable: {customer: {channel: recipients}}
        """
        return self._refused_addresses(reachable) | self._refused_by_gate(notices, reachable)

    @api.model
    def _refused_by_gate(self, notices, reachable):
        """{(recipient id, channel, address)} that the contact gate refuses these notices whatever
        the hour, such as an opt-out. It is asked where there is a choice only: right before a
        message leaves it is asked again anyway."""
        requests = []
        for notice in notices:
            found = reachable[notice.partner_id]
            channels = [channel for channel in notice._alternatives() if found[channel]]
            if len(channels) > 1:
                requests += [
                    notice._contact_request(person, channel, person._recovery_address(channel))
                    for channel in channels
                    for person in found[channel]
                ]
        refused = self.env["recovery.contact.gate"]._refused(requests, fields.Datetime.now())
        return {(one.recipient.id, one.channel, one.address) for one in refused}

    @api.model
    def _refused_addresses(self, reachable):
        """{(recipient id, channel, address)} of which a server has said a final no (5xx) and that
        nobody has tried again since. One query.

        A bounce makes an address dead (`_recovery_address_died`); a 5xx may have had other
        reasons than the address, so it is only left for another channel where there is one.

        :param reachable: {customer: {channel: recipients}}
        """
        recipients = self.env["res.partner"].union(
            *(found for by_channel in reachable.values() for found in by_channel.values())
        )
        # the reason begins with the server's answer (see tools/smtp_truth.py)
        groups = self.sudo()._read_group(
            [
                ("recipient_id", "in", recipients.ids),
                ("state", "=", "failed"),
                ("reason", "=like", "5__ %"),
            ],
            ["recipient_id", "channel", "address"],
        )
        return {(recipient.id, channel, address) for recipient, channel, address in groups}

    # -- the next channel --------------------------------------------------------------------

    def _next_channel(self, reason):
        """These messages were refused before they left: each notice of which nothing else is
        under way in writing goes on by its next channel, or fails with ``reason``.

        Nothing was handed over yet, so this is the same notice and the same level. After a
        hand-over that came to nothing (5xx, bounce) the next run, or a person, chooses instead.
        """
        stuck = self.notice_id.filtered(
            lambda notice: notice.state == "issued" and not notice._is_being_written()
        )
        if self._queue_next(stuck):
            # it may be nobody's turn in this job
            self._trigger_delivery()
        self._fail_notice_without_hope(reason)

    @api.model
    def _queue_next(self, notices):
        """Deliveries of these notices on their first channel that was not tried yet.

        :return: the new deliveries; none for a notice without a further channel
        """
        reachable = notices.partner_id._recovery_recipients_by_channel()
        refused = self._unwelcome(notices, reachable)
        vals_list = []
        for notice in notices:
            tried = set(notice.delivery_ids.mapped("channel"))
            untried = [channel for channel in notice._alternatives() if channel not in tried]
            found = reachable[notice.partner_id]
            vals_list += self._written_to(notice, found, untried, refused)
        return self.create(vals_list)

    # -- nobody can be reached ---------------------------------------------------------------

    @api.model
    def _ask_for_address(self, notices):
        """Ask the owners of the cases to find an address; once, until the activity is done."""
        kind = self.env.ref("overdue_recovery.mail_activity_type_address")
        cases = notices.case_id
        asked = self.env["mail.activity"].search(
            [
                ("res_model", "=", cases._name),
                ("res_id", "in", cases.ids),
                ("activity_type_id", "=", kind.id),
            ]
        )
        for case in cases.filtered(lambda case: case.id not in asked.mapped("res_id")):
            case._plan_activity(
                kind, self.env._("No address of %s works: find one.", case.partner_id.display_name)
            )
