from odoo import api, models
from odoo.tools import SQL

from ..calc import chain

#: The columns an entry's own digest covers, beside the digest before it.
COVERED = (
    "case_id",
    "sequence",
    "date",
    "direction",
    "channel",
    "kind",
    "purpose",
    "outcome",
    "refers_to",
    "reference",
    "payload_digest",
)
COLUMNS = (*COVERED, "previous_digest", "digest")


class RecoveryInteractionVerify(models.AbstractModel):
    """Is the log still what was written?"""

    _name = "recovery.interaction.verify"
    _description = "Contact log: verification"

    @api.model
    def _verify(self, cases):
        """Read the logs of ``cases`` again: ``{case_id: number of the first broken entry}``.

        None stands for a chain that is whole. Broken is an entry that is missing, out of place
        or changed, or whose content was changed. Content that was erased, or whose row is gone,
        breaks nothing. Reads all of the log, whatever the user may see; one statement.
        """
        links = {case_id: [] for case_id in cases.ids}
        for row in self._stored(cases):
            links[row["case_id"]].append(_link(row))
        return {case_id: chain.first_broken(case_links) for case_id, case_links in links.items()}

    @api.model
    def _stored(self, cases):
        """The rows of the log with their contents, in order, as the database has them."""
        if not cases:
            return []
        self.env["recovery.interaction.content"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT %s, content.id AS content_id, content.salt, content.erased_on, %s
                  FROM recovery_interaction entry
             LEFT JOIN recovery_interaction_content content ON content.interaction_id = entry.id
                 WHERE entry.case_id IN %s
              ORDER BY entry.case_id, entry.sequence
                """,
                SQL(", ").join(SQL.identifier("entry", name) for name in COLUMNS),
                SQL(", ").join(SQL.identifier("content", name) for name in chain.CONTENT),
                tuple(cases.ids),
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _verify_case(self, case):
        """What ``_verify`` finds in the log of one case, as a sentence for a person."""
        return self._verify_report(case)[1]

    @api.model
    def _verify_notification(self, case):
        """The client action that tells a person the result, for a button."""
        broken, message = self._verify_report(case)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if broken else "success",
                "sticky": bool(broken),
                "message": message,
            },
        }

    @api.model
    def _verify_report(self, case):
        """``(number of the first broken entry or None, the sentence that says so)``."""
        case.ensure_one().check_access("read")
        broken = self._verify(case)[case.id]
        if broken:
            return broken, self.env._(
                "The log of %(case)s is broken at entry %(number)s: it was changed or taken out. "
                "The entries before it are as they were written.",
                case=case.display_name,
                number=broken,
            )
        rows = self._stored(case)
        file = self._cut_off(case, rows)
        if file:
            return len(rows) + 1, self.env._(
                "The log of %(case)s was cut off: it ends with entry %(number)s, and the digest in "
                "%(file)s is not among its entries.",
                case=case.display_name,
                number=len(rows),
                file=file,
            )
        return None, self.env._(
            "The log of %(case)s is whole: %(count)s entries, each as it was written. The content "
            "of %(erased)s of them was erased.",
            case=case.display_name,
            count=len(rows),
            erased=sum(map(is_erased, rows)),
        )

    def action_verify_log(self):
        """Check the log of the case that this entry belongs to."""
        self.ensure_one()
        return self._verify_notification(self.case_id)


def covered(row):
    """The columns that the digest of an entry covers, as they stand in the digest."""
    return {name: _plain(row[name], name) for name in COVERED}


def _plain(value, name):
    if name == "date":
        return value.isoformat()
    return value or (0 if name == "refers_to" else "")


def is_erased(row):
    """Content is gone, or emptied and marked so. Marked but still there is not erased."""
    is_empty = not any(row[name] for name in (*chain.CONTENT, "salt"))
    return not row["content_id"] or (bool(row["erased_on"]) and is_empty)


def as_line(row):
    """An entry for whoever checks the log elsewhere, as ``tools/verify_evidence.py`` does."""
    link = _link(row)
    return {
        "columns": link.columns,
        "previous_digest": link.previous_digest,
        "digest": link.digest,
        "salt": link.salt,
        "content": link.content and {name: text or "" for name, text in link.content.items()},
    }


def _link(row):
    """An entry as ``calc.chain`` reads it."""
    return chain.Link(
        covered(row),
        row["previous_digest"],
        row["digest"],
        None if is_erased(row) else {name: row[name] for name in chain.CONTENT},
        row["salt"] or "",
    )
