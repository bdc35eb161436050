from lxml import etree
from odoo import models


class IrQweb(models.AbstractModel):
    """Compile the body of a mail template once a batch.

    Core compiles an element that is no view again whenever it is rendered.
    """

    _inherit = "ir.qweb"

    def _generate_code_uncached(self, template):
        batch = self.env.context.get("recovery_batch")
        if batch is None or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        # the key keeps the element alive: no other one can take its identity
        compile_ = super()._generate_code_uncached
        return batch.once(("compiled", template), lambda: compile_(template))
