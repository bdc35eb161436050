"""The figures of a replay, by month, and its table."""

from collections import Counter, defaultdict
from contextlib import contextmanager

# Time stands still during a replay, but not for these clocks.
from freezegun import api as clocks


class Figures:
    """Notices by level and month, what never left, who was left out and why, seconds, queries."""

    def __init__(self, env, levels):
        self.env = env
        self.levels = levels
        self.days = 0
        self.notices = defaultdict(Counter)
        self.recalled = defaultdict(Counter)
        self.left_out = defaultdict(Counter)
        self.seconds = Counter()
        self.queries = Counter()
        self.calls = Counter()

    @contextmanager
    def timed(self, phase):
        """Add the time and the queries of a phase of the day to its figures."""
        cursor = self.env.cr
        started, queries = clocks.real_perf_counter(), cursor.sql_log_count
        yield
        self.add(phase, clocks.real_perf_counter() - started, cursor.sql_log_count - queries)

    def add(self, phase, seconds, queries):
        """Add one call of a phase."""
        self.seconds[phase] += seconds
        self.queries[phase] += queries
        self.calls[phase] += 1

    def count(self, day, sent, recalled, left_out):
        """Add one day.

        :param sent: Counter of level ids of the notices that were handed over
        :param recalled: {reason: number} of notices cancelled before they left
        :param left_out: Counter of the first reasons of items that did not rise
        """
        month = f"{day:%Y-%m}"
        self.days += 1
        self.notices[month].update(sent)
        self.recalled[month].update(recalled)
        self.left_out[month].update(left_out)

    @property
    def total(self):
        """The number of notices that were handed over."""
        return sum(sum(levels.values()) for levels in self.notices.values())

    def lines(self):
        """The tables as lines of text."""
        names = [level.name for level in self.levels]
        ids = [level.id for level in self.levels]
        yield "Notices handed over, by level (Recalled: cancelled between proposal and hand-over)"
        rows = [
            (month, *(found[key] for key in ids), sum(self.recalled[month].values()))
            for month, found in sorted(self.notices.items())
        ]
        yield from table(["Month", *names, "Recalled"], rows)
        reasons = sorted(set().union(*self.left_out.values()))
        yield "Open items that did not rise, by first reason (items × days)"
        rows = [
            (month, *(found[code] for code in reasons))
            for month, found in sorted(self.left_out.items())
        ]
        yield from table(["Month", *reasons], rows)
        yield "Why notices were recalled"
        recalled = sum(self.recalled.values(), Counter())
        yield from table(["Reason", "Notices"], sorted(recalled.items()), total=False)
        yield "Where the time went"
        rows = [
            (
                phase,
                count,
                f"{self.seconds[phase]:.1f}",
                f"{1000 * self.seconds[phase] / count:.1f}",
                f"{self.queries[phase] / count:.1f}",
            )
            for phase, count in self.calls.items()
        ]
        yield from table(["Phase", "Calls", "Seconds", "ms a call", "Queries"], rows, total=False)


def table(heads, rows, total=True):
    """Lines of a table with right-aligned figures.

    >>> print("\\n".join(table(["Month", "First"], [("2012-01", 3), ("2012-02", 12)])))
      Month    First
      2012-01      3
      2012-02     12
      All         15
    """
    rows = [tuple(row) for row in rows]
    if total and rows:
        rows.append(("All", *(sum(column) for column in list(zip(*rows, strict=True))[1:])))
    texts = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*texts, strict=True)]
    for first, *rest in texts:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join(["", first.ljust(widths[0]), *cells]).rstrip()
