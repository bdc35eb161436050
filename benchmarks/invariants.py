"""What must hold after every day of dunning, looked at from outside.

The checker reads the tables with SQL of its own (`benchmarks.facts`), remembers what was handed
over, and decides by its own rules what should have risen (`benchmarks.expectation`).
"""

from collections import Counter
from typing import NamedTuple

from benchmarks.expectation import Expectation, Reached, is_due
from benchmarks.facts import DOUBLES, ITEMS, OPEN_CASES, PROPOSED_STATS, UNLOGGED, Facts

DEMANDING = ("rising", "listed")


class Violation(NamedTuple):
    """Which rule did not hold, on which day, and what was seen."""

    day: object
    rule: str
    text: str

    def __str__(self):
        return f"{self.day} {self.rule}: {self.text}"


class Checker:
    """Watches one company; ``violations`` collects what did not hold."""

    def __init__(self, env, company, policy):
        self.env = env
        self.company = company
        self.facts = Facts(env, company, policy)
        self.expectation = Expectation(self.facts)
        self.sent = {}
        self.violations = []

    def report(self, day, rule, text):
        """Note that a rule did not hold."""
        self.violations.append(Violation(day, rule, text))

    # -- in the morning --------------------------------------------------------------------

    def check_proposal(self, day):
        """What the daily job has just proposed and recomputed."""
        ledger = self.facts.ledger(day)
        self.check_rising(day, ledger)
        self.check_counts(day, ledger)
        self.check_cases(day, ledger)

    def check_rising(self, day, ledger):
        """What the proposed run lets rise is what should rise, no more and no less."""
        under_way = self.facts.rising("issued")
        expected = self.expectation.rising(day, ledger, under_way)
        found = self.facts.rising("proposed")
        for line in expected.keys() | found.keys():
            if expected.get(line) != found.get(line):
                text = f"item {line}: proposed {found.get(line)}, due {expected.get(line)}"
                self.report(day, "the proposal is complete and right", text)

    def check_counts(self, day, ledger):
        """Every open item is in the proposed run's figures: it rises, or it is left out."""
        for (stats,) in self.facts.query(PROPOSED_STATS):
            told = len(self.facts.rising("proposed")) + sum(stats["left_out"].values())
            if not told == stats["items"] == len(ledger.items):
                text = f"{told} told, {stats['items']} assessed, {len(ledger.items)} open"
                self.report(day, "the run's figures count every item", text)

    def check_cases(self, day, ledger):
        """Who owes nothing has no open case; who was written to and owes has one."""
        opened = {partner for (partner,) in self.facts.query(OPEN_CASES)}
        owing = {item.debtor for item in ledger.items.values()}
        reached = self.expectation.reached
        told = {item.debtor for item in ledger.items.values() if item.id in reached}
        for partner in opened - owing - set(ledger.credits):
            self.report(day, "a case closes with its debt", f"customer {partner}")
        for partner in told - opened:
            self.report(day, "who was written to has a case", f"customer {partner}")

    # -- in the evening --------------------------------------------------------------------

    def check_day(self, day, messages):
        """Everything about the messages of one day.

        :param messages: list of ``mailbox.Message``, as the mail server got them
        :return: Counter of the first reasons of the open items that did not rise today
        """
        ledger = self.facts.ledger(day)
        notices = self.facts.sent_notices(known=self.sent)
        for notice in notices:
            self.check_notice(day, notice, ledger)
        self.check_messages(day, notices, messages)
        self.check_texts(day, messages, ledger)
        self.check_doubles(day)
        for notice in notices:
            self.sent[notice.id] = notice
            self.expectation.remember(notice)
        self.check_items(day)
        return self.check_reasons(day, ledger)

    def check_notice(self, day, notice, ledger):
        """One notice that was handed over today."""
        if notice.day != day:
            self.report(day, "dated the day of hand-over", f"notice {notice.id}: {notice.day}")
        if self.expectation.is_demand(notice) and self.expectation.is_too_soon(day, notice.debtor):
            last = self.expectation.late_contact[notice.debtor]
            self.report(day, "days between demands", f"notice {notice.id}, the last was on {last}")
        self.check_amounts(day, notice, ledger)
        self.check_lines(day, notice, ledger)
        for line in notice.rising:
            self.check_rise(day, line, ledger.items.get(line.item))

    def check_amounts(self, day, notice, ledger):
        """The notice demands what the ledger lets it: all that is overdue and what rises, less
        open credits."""
        name = f"notice {notice.id}"
        due = self.due_of(day, notice, ledger)
        owed = sum(due.values()) - ledger.credits.get(notice.debtor, 0)
        if not any(due.values()):
            self.report(day, "never dun who has paid", f"{name}: nothing is owed")
        if notice.demanded != owed:
            self.report(day, "amount demanded", f"{name}: {notice.demanded}, the ledger {owed}")
        told = {line.item: line.demanded for line in notice.lines if line.kind in DEMANDING}
        if told != due:
            self.report(day, "items demanded", f"{name}: {told}, the ledger {due}")

    def due_of(self, day, notice, ledger):
        """{item id: cents} that the notice's customer may be asked for."""
        rising = {line.item for line in notice.rising}
        return {
            item.id: item.demandable
            for item in ledger.items.values()
            if item.debtor == notice.debtor
            and item.demandable
            and self.expectation.is_started(item)
            and (item.date_due < day or item.id in rising)
        }

    def check_lines(self, day, notice, ledger):
        """The lines add up, and show what is open."""
        if sum(line.demanded for line in notice.lines) != notice.demanded:
            self.report(day, "the sum of the lines", f"notice {notice.id}")
        for line in notice.lines:
            item = ledger.items.get(line.item)
            if line.kind != "credit" and (not item or item.residual != line.residual):
                text = f"notice {notice.id}, item {line.item}: {line.residual}"
                self.report(day, "a line shows what is open", text)

    def check_rise(self, day, line, item):
        """One item's step up: open, demandable, due for it, after its pay-by, and upwards."""
        text = f"notice {line.notice}, item {line.item} to level {line.level}"
        if not item or not item.demandable or item.is_stopped:
            self.report(day, "never dun who has paid", text)
            return
        level = self.expectation.levels[line.level]
        at = self.expectation.reached.get(line.item)
        if not is_due(item, level, day):
            self.report(day, "a level waits for its day", text)
        if at and at.cycle == line.cycle and day <= at.pay_by:
            self.report(day, "pay-by has passed", f"{text}, pay-by {at.pay_by}")
        if at and at.cycle == line.cycle and level.place <= self.expectation.place(at):
            self.report(day, "levels go up, each once", f"{text}, was at {at.level}")
        expected = self.expectation.pay_by(day, item, level)
        if line.pay_by != expected:
            self.report(day, "pay-by printed", f"{text}: {line.pay_by}, not {expected}")

    def check_messages(self, day, notices, messages):
        """What the mail server got is what the deliveries say was sent, once to each."""
        written = self.facts.deliveries(notices)
        received = Counter((message.message_id, message.recipient) for message in messages)
        if written != received:
            text = f"sent {dict(written - received)}, received {dict(received - written)}"
            self.report(day, "every message is one delivery", text)
        for recipient, count in Counter(message.recipient for message in messages).items():
            if count > 1:
                self.report(day, "one message a day", f"{recipient} got {count}")

    def check_texts(self, day, messages, ledger):
        """No message names a document that is paid; each names at least one that is not."""
        if not messages:
            return
        names = self.facts.documents()
        still_open = {item.document for item in ledger.items.values()}
        for message in messages:
            named = names & set(message.text.replace("<", " ").replace(">", " ").split())
            if not named or named - still_open:
                text = f"{message.recipient} reads of {sorted(named - still_open) or 'nothing'}"
                self.report(day, "a message names what is open", text)

    def check_doubles(self, day):
        """One notice per customer and run, one delivery per channel and recipient, each item each
        level once per cycle: asked of the rows."""
        for rule, sql in DOUBLES.items():
            for row in self.facts.query(sql):
                self.report(day, rule, str(row))

    def check_items(self, day):
        """``dunning.item`` says what the notices said, for each item on one and for no other."""
        found = {line: Reached(*rest) for line, *rest in self.facts.query(ITEMS)}
        remembered = self.expectation.reached
        for line in found.keys() | remembered.keys():
            if found.get(line) != remembered.get(line):
                text = f"item {line}: {found.get(line)}, notices {remembered.get(line)}"
                self.report(day, "dunning.item is what the notices say", text)

    def check_reasons(self, day, ledger):
        """Every open item that did not rise today has a reason that the addon can tell."""
        reached = self.expectation.reached
        waiting = [key for key in ledger.items if key not in reached or reached[key].day != day]
        told = self.env["account.move.line"]._dunning_blockers(waiting)
        for line in waiting:
            if not told[line]:
                self.report(day, "every item has its reason", f"item {line}")
        return Counter(reasons[0].code for reasons in told.values() if reasons)

    # -- at the end ------------------------------------------------------------------------

    def check_end(self, day):
        """Sent notices are still as they were sent, and the log of contacts is whole."""
        now = {notice.id: notice for notice in self.facts.sent_notices()}
        for key, notice in self.sent.items():
            if key not in now or set(now[key].lines) != set(notice.lines):
                self.report(day, "sent notices stay as they are", f"notice {key}")
        for row in self.facts.query(UNLOGGED):
            self.report(day, "everything said is logged", f"delivery {row[0]}")
        cases = self.env["recovery.case"].sudo().search([("company_id", "=", self.company.id)])
        broken = self.env["recovery.interaction"]._verify(cases)
        for case, sequence in broken.items():
            if sequence is not None:
                self.report(day, "the log is whole", f"case {case} at entry {sequence}")
