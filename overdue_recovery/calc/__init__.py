"""The arithmetic of recovery: pure functions on plain facts, nothing else.

Nothing in here imports Odoo or a sibling module, reads a clock or a database, or rounds twice.
Money is ``int`` in the rounding unit of its currency (1 = one cent where cents are the unit), days
are ``datetime.date``, and the day it is comes in as ``today``. What a function means, its edges
and its errors stand in its docstring, whose examples are the specification; all of them run with
``python -m doctest overdue_recovery/calc/*.py``.
"""
