"""What the customers of the story bought, and when they paid. Days count from today."""

from typing import NamedTuple


class Bill(NamedTuple):
    """An invoice. ``customer``: XML id without ``demo_partner_``; ``paid``: the day of the payment
    of the whole, if it was paid as a whole."""

    customer: str
    due: int
    amount: float
    text: str
    paid: int | None = None

    @property
    def is_paid_late(self):
        return self.paid is not None and self.paid > self.due


OURS = (
    Bill("punctual", -150, 510.00, "Office supplies", -153),
    Bill("punctual", -120, 498.00, "Office supplies", -121),
    Bill("punctual", -90, 530.00, "Office supplies", -94),
    Bill("punctual", -60, 505.00, "Office supplies", -61),
    Bill("punctual", -30, 1220.00, "Office chairs", -33),
    Bill("punctual", 12, 515.00, "Office supplies"),
    Bill("nordlicht", -130, 1240.00, "Maintenance contract, quarter", -132),
    Bill("nordlicht", -100, 310.00, "Spare parts", -100),
    Bill("nordlicht", -70, 275.50, "Spare parts", -72),
    Bill("nordlicht", -40, 1240.00, "Maintenance contract, quarter", -41),
    Bill("nordlicht", -9, 1240.00, "Maintenance contract, quarter"),
    Bill("lumen", -170, 2150.00, "Sensors", -140),
    Bill("lumen", -135, 1980.00, "Sensors", -101),
    Bill("lumen", -98, 2640.00, "Sensors", -70),
    Bill("lumen", -75, 870.00, "Sensors, spare parts", -48),
    Bill("lumen", -52, 4620.00, "Sensors"),
    Bill("lumen", 12, 980.00, "Sensors, spare parts"),
    Bill("soluciones", -110, 1650.00, "Consulting, 10 hours", -110),
    Bill("soluciones", -60, 990.00, "Consulting, 6 hours", -61),
    Bill("soluciones", -18, 1980.00, "Consulting, 12 hours"),
    Bill("rivoli", -95, 415.50, "Delivery and hanging", -97),
    Bill("rivoli", 20, 640.00, "Framing"),
    Bill("vandenberg", -105, 1890.00, "Pallets", -106),
    Bill("vandenberg", -55, 2100.00, "Pallets", -55),
    Bill("vandenberg", -12, 2300.00, "Pallets"),
    Bill("harbour", -95, 3150.00, "Cleaning service", -96),
    Bill("harbour", -62, 3150.00, "Cleaning service", -63),
    Bill("harbour", -31, 3150.00, "Cleaning service"),
    Bill("luna", -120, 720.00, "Bookcases", -120),
    Bill("luna", -66, 1300.00, "Bookcases"),
    Bill("luna", -54, 900.00, "Counter"),
    Bill("whitby", -100, 580.00, "Harbour fees", -101),
    Bill("whitby", -64, 610.00, "Harbour fees", -64),
    Bill("whitby", -32, 640.00, "Harbour fees"),
    Bill("seaview", -110, 1890.00, "Linen service", -112),
    Bill("seaview", -75, 1890.00, "Linen service", -75),
    Bill("seaview", -28, 1890.00, "Linen service"),
    Bill("kestrel", -260, 5400.00, "Cold storage"),
    Bill("kestrel", -230, 1200.00, "Cold storage"),
    Bill("kestrel", -80, 5400.00, "Cold storage", -81),
    Bill("kestrel", -50, 8750.00, "Cold storage and transport"),
    Bill("kestrel", 2, 5400.00, "Cold storage"),
    Bill("oldmill", -70, 265.40, "Flour", -70),
    Bill("oldmill", -27, 289.90, "Flour"),
    Bill("duval", -180, 2450.00, "Marble slabs", -182),
    Bill("duval", -140, 3600.00, "Marble slabs"),
    Bill("marigold", -175, 640.00, "Fabric", -175),
    Bill("marigold", -145, 2500.00, "Fabric"),
)

#: What our second company sold.
THEIRS = (
    Bill("punctual", -45, 350.00, "Forklift, one week", -46),
    Bill("nordlicht", -70, 480.00, "Forklift, one week", -71),
    Bill("nordlicht", -11, 960.00, "Forklift, two weeks"),
    Bill("vandenberg", -16, 1450.00, "Lifting platform"),
    Bill("rivoli", 9, 275.00, "Van, two days"),
)

#: The visitor of the portal, where Odoo's own demo data has one.
VISITOR = (
    Bill("base.partner_demo_portal", -8, 720.00, "Garden design"),
    Bill("base.partner_demo_portal", 10, 330.00, "Garden design, plants"),
)
