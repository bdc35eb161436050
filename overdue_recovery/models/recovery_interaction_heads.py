import json

from odoo import Command, api, models
from odoo.tools import SQL

from ..calc import archive


class RecoveryInteractionHeads(models.AbstractModel):
    """The newest digest of each case, kept elsewhere day by day.

    A chain shows what was changed or taken out within it, never that its newest entries were cut
    off. So a company may have the digests with which its logs end written to a file each day, and
    sent to an address outside: a log that no longer contains a digest that was exported was cut.
    """

    _name = "recovery.interaction.heads"
    _description = "Contact log: daily digests"

    @api.model
    def _export_heads(self):
        """Write today's file for every company that wants one. Repeats change nothing.

        sudo: nobody watches the daily job, and it looks after every company.
        """
        companies = self.env["res.company"].sudo()
        for company in companies.search([("recovery_export_heads", "=", True)]):
            self.sudo()._export_heads_of(company)

    @api.model
    def _export_heads_of(self, company):
        """The file of this company and day: one that is there, or a new one.

        It names only cases with entries that the file before has not seen yet.
        """
        name = f"log-heads-{company._recovery_today()}.jsonl"
        files = self._heads_files(company)
        found = files.filtered(lambda file: file.name == name)
        if found:
            return found[:1]
        after = json.loads(files[:1].raw.splitlines()[0])["last"] if files else 0
        lines = self._heads_lines(company, after)
        file = files.create(
            {
                "name": name,
                "res_model": "res.company",
                "res_id": company.id,
                "mimetype": "application/jsonl",
                "raw": b"".join(archive.canonical(line) + b"\n" for line in lines),
            }
        )
        self._send_heads(company, file)
        return file

    @api.model
    def _heads_files(self, company):
        """The files of this company, the newest first."""
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", "res.company"),
                ("res_id", "=", company.id),
                ("name", "=like", "log-heads-%.jsonl"),
            ],
            order="name desc, id desc",
        )

    @api.model
    def _heads_lines(self, company, after):
        """What a file says: a line about itself, then one for each case."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (entry.case_id) entry.case_id, entry.sequence, entry.digest,
                       MAX(entry.id) OVER () AS last
                  FROM recovery_interaction entry
                  JOIN recovery_case file ON file.id = entry.case_id
                 WHERE file.company_id = %s AND entry.id > %s
              ORDER BY entry.case_id, entry.sequence DESC
                """,
                company.id,
                after,
            )
        )
        yield {
            "company": company.id,
            "date": str(company._recovery_today()),
            "after": after,
            "last": max((row[3] for row in rows), default=after),
            "cases": len(rows),
        }
        for case_id, sequence, digest, _last in rows:
            yield {"case": case_id, "sequence": sequence, "digest": digest}

    @api.model
    def _send_heads(self, company, file):
        """Send the file to the address outside, if there is one."""
        if not company.recovery_heads_email:
            return
        self.env["mail.mail"].create(
            {
                "subject": self.env._("Digests of the contact logs of %s", company.name),
                "body_html": self.env._(
                    "Keep the attached file. It shows later whether newest entries of a log were "
                    "cut off."
                ),
                "email_to": company.recovery_heads_email,
                "email_from": company.email_formatted,
                "attachment_ids": [Command.set(file.ids)],
            }
        )

    @api.model
    def _exported_head(self, case):
        """``(sequence, digest, name of the file)`` that was exported last of this case, or None.

        sudo: the files belong to the company; whoever may read the case may have its log checked.
        """
        for file in self.sudo()._heads_files(case.company_id):
            for line in map(json.loads, file.raw.splitlines()[1:]):
                if line["case"] == case.id:
                    return line["sequence"], line["digest"], file.name
        return None

    @api.model
    def _cut_off(self, case, rows):
        """The name of the file that knows a newer end of this log; None when nothing is missing.

        :param rows: the entries of the case, as stored
        """
        exported = self._exported_head(case)
        if not exported:
            return None
        sequence, digest, name = exported
        known = {(row["sequence"], row["digest"]) for row in rows}
        return None if (sequence, digest) in known else name
