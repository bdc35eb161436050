from markupsafe import Markup
from odoo import models
from odoo.addons.base.models import ir_actions_report
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from ..calc import archive
from .dunning_notice_letter import UNPATCHED_SCALE

REPORT = "overdue_recovery.recovery_case_report_evidence"


class RecoveryCaseEvidenceIndex(models.AbstractModel):
    """The sheet that lies on top of an evidence pack: what is owed, all that happened in order, how
    charges were computed, and which files there are."""

    _name = "recovery.case.evidence.index"
    _description = "Case: index of the evidence"

    def _evidence_index(self, files):
        """The index as HTML."""
        values = {
            "case": self,
            "html_lang": (self.env.lang or "en_US").replace("_", "-"),
            "items": self._evidence_items(),
            "timeline": self.interaction_ids.sorted("sequence"),
            "verdict": self.env["recovery.interaction"]._verify_case(self),
            "charges": self._evidence_all_charges(),
            "files": [(path, archive.digest(files[path])) for path in sorted(files)],
            "money": lambda amount, currency: formatLang(self.env, amount, currency_obj=currency),
        }
        return str(self.env["ir.qweb"]._render("overdue_recovery.evidence_index", values))

    def _evidence_items(self):
        """What is open, the oldest maturity first."""
        return self.item_ids.sorted(lambda item: (item.date_maturity or item.date, item.id))

    def _evidence_pdf(self, html):
        """The index as PDF.

        :raise UserError: the program that makes PDFs is missing
        """
        reports = self.env["ir.actions.report"].with_context(recovery_letter=True)
        if reports.get_wkhtmltopdf_state() in ("install", "broken"):
            raise UserError(
                self.env._(
                    "The evidence pack can't be made: the program wkhtmltopdf is missing on the "
                    "server. Install it, then try again."
                )
            )
        zoom = 1 if ir_actions_report._wkhtml().is_patched_qt else 1 / UNPATCHED_SCALE
        style = Markup("<style>body { zoom: %s; }</style></head>") % f"{zoom:.4f}"
        page = html.replace("</head>", str(style), 1)
        return reports._run_wkhtmltopdf([page], report_ref=REPORT)
