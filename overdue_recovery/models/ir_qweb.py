from lxml import etree
from odoo import models


class IrQweb(models.AbstractModel):
    """Compile the body of a mail template once a batch.

    Core compiles a body that is no view again for every record. A caller that renders one body for
    many puts an empty dict in the context as ``recovery_compiled``.
    """

    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        compiled = self.env.context.get("recovery_compiled")
        if compiled is None or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        key = etree.tostring(template)
        if key not in compiled:
            compiled[key] = super()._generate_code_uncached(template)
        return compiled[key]
