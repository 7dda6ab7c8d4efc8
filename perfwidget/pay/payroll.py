"""`Pay`: everything that people do about pay, each act in one transaction with its row in the audit log."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from perfwidget.errors import Conflict, InvalidPay, PerfwidgetError
from perfwidget.metrics import Rules
from perfwidget.pay import statements as kept
from perfwidget.pay.additions import Additions
from perfwidget.pay.adjusting import LARGEST_NUMBER
from perfwidget.pay.card_acts import Cards
from perfwidget.pay.cards import day
from perfwidget.pay.draft import Draft
from perfwidget.pay.drafting import drafts
from perfwidget.pay.files import State, write_files
from perfwidget.pay.opened import ANY_TIME, NAMELESS, covers, projects_of
from perfwidget.pay.proposing import propose
from perfwidget.pay.questions import Questions
from perfwidget.pay.refusals import told_to
from perfwidget.pay.rights import By, granted
from perfwidget.pay.statements import Statement
from perfwidget.pay.terms import Terms, confirm, kept_terms
from perfwidget.pay.verifying import changed_since, differences
from perfwidget.pay.work import asked_of
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from perfwidget.records.tables import STATEMENTS

Proposal = tuple[str, date | str, date | str, str]
"""A member, the first and last day, and the SHA-256 of the draft that was seen."""


class Pay(Cards, Questions, Additions):
    """The pay of one organization: its facts in a store, its cards and statements in records.

    `timezone` is the pay zone and `rules` say what counts; None takes what was confirmed last. `by` is who acts: a
    `Viewer`, or `Actor.command_line(name)`. Raises InvalidPay (400), Forbidden (403), Conflict (409),
    RecordsUnavailable and StoreUnavailable (503); nothing is changed then.
    """

    # -- Terms ---------------------------------------------------------------------------------------------

    def terms(self, viewer: By) -> Terms | None:
        """Return what was confirmed last: since when pay answers, in which zone, by which rules."""
        with self._looking(viewer) as (transaction, _, _):
            return kept_terms(transaction)

    def begin(self, pay_from: date | str | None, by: By) -> Terms:
        """Say since when pay answers, or confirm a changed zone or changed rules (without a date)."""
        first = None if pay_from is None else day(pay_from, "The first day")
        with self._acting(by) as (transaction, _, grant):
            grant.everywhere()
            before = kept_terms(transaction)
            timezone = self._timezone or (before.timezone if before else None)
            rules = self._rules or (before.rules if before else Rules())
            return confirm(transaction, first, timezone, rules, grant.actor)

    # -- Drafts and statements ---------------------------------------------------------------------------------------

    def draft(self, member: int | str, first: date | str, last: date | str, viewer: By) -> Draft:
        """Return what a member's statement of a period would be just now; to themselves, or to whom manages pay."""
        member = self._member(member)
        with self._store.reading() as reader:
            grant = self._others(reader, viewer, member)
            with told_to(self._names(reader, viewer), sees_all=grant is None or grant.projects is None):
                [found] = self._drafts(reader, [member], first, last)
            if grant is not None:
                grant.within(found.projects, member)
            return found

    def drafts(
        self,
        first: date | str,
        last: date | str,
        viewer: By,
        members: Collection[int | str] | None = None,
        *,
        documents: bool = True,
    ) -> Iterator[Draft]:
        """Yield the drafts of several members, or of all; to whom manages pay. A manager gets those in reach.

        Without `documents` they have no JSON and no hash, and less is read.
        """
        with self._store.reading() as reader:
            grant = granted(reader, self.organization_id, viewer, self._pay_roles)
            named = None if members is None else [self._member(each) for each in members]
            if named is None or grant.projects is not None:  # a manager learns of none whether they are there
                known = reader.member_ids(asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope)
                named = sorted(known if named is None else known.intersection(named))
            for each in self._drafts(reader, named, first, last, documents=documents):
                if each.user_id == grant.actor.user_id or grant.covers(each.projects, each.user_id):
                    yield each

    def days_in_no_statement(self, member: int | str, viewer: By) -> Mapping[date, int]:
        """Return a member's work days up to today with how many items that no statement pays; what is left out is none.

        Empty where pay never began.
        """
        with self._looking(viewer) as (transaction, _, _):
            terms = kept_terms(transaction)
            if terms is None:
                return {}
            period = terms.until(transaction.now)
        return self.draft(member, period.first, period.last, viewer).days_in_no_statement

    def propose(self, member: int | str, first: date | str, last: date | str, sha256: str, by: By) -> Statement:
        """Freeze the draft that was seen, named by its SHA-256; Conflict where facts or cards have changed since."""
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            terms = self._agreed(transaction)
            period = self._period(terms, first, last)
            details = grant.about(member)
            person = self._person(transaction, reader, member)
            for other in kept.overlapping(transaction, person, period.first, period.last):
                grant.within(projects_of(other), member)  # else a manager learns of statements out of reach
                raise kept.acted(transaction, other, "It has days of this period; choose others, or withdraw it first.")
            self._refuse_unfinished(transaction, reader, period)
            [found] = drafts(transaction, reader, terms, period, {member: person})
            grant.within(found.projects, member)
            if found.sha256 != sha256:
                raise Conflict("The draft has changed since it was seen; look at it again before you propose it.")
            if found.is_empty:
                raise InvalidPay("There is nothing to pay or to tell in this period, so there is no statement.")
            return propose(transaction, found, grant.actor, **details)

    def propose_all(
        self, proposals: Iterable[Proposal], by: By
    ) -> Iterator[tuple[Proposal, Statement | PerfwidgetError]]:
        """Propose many, one transaction each; yield of each the statement, or why there is none."""
        for each in proposals:
            try:
                yield each, self.propose(*each, by)
            except PerfwidgetError as fault:
                yield each, fault

    def approve(self, number: int, by: By, *, despite_contests: bool = False) -> Statement:
        """Approve a proposed statement; approving it twice changes nothing.

        Raises Conflict, which names them, where the member has open questions, unless `despite_contests` is set.
        """
        return self._act(number, by, kept.approve, despite_contests)

    def withdraw(self, number: int, text: str, by: By) -> Statement:
        """Withdraw a proposed statement with a text: its items and adjustments are free again."""
        return self._act(number, by, kept.withdraw, text)

    def paid(
        self, number: int, currency: str, paid_on: date | str, reference: str, by: By, *, replaces: bool = True
    ) -> Statement:
        """Mark a currency of an approved statement as paid; a wrong mark is replaced, and the log has both.

        Without `replaces` a mark that is there stands, and Conflict says whose it is.
        """
        paid_on = day(paid_on, "The day of payment")
        return self._act(number, by, kept.mark_paid, currency, paid_on, reference, replaces)

    def statements(
        self,
        viewer: By,
        *,
        numbers: Iterable[int] | None = None,
        user_id: int | str | None = None,
        first: date | str | None = None,
        last: date | str | None = None,
    ) -> Sequence[Statement]:
        """Return all statements by number, withdrawn ones too; to members their own, wherever the work was.

        With `numbers` or `user_id` only these, with `first` and `last` only those that have a day of the period.
        """
        asked: list[Any] = []
        if numbers is not None:
            asked.append(STATEMENTS.c.number.in_(sorted(each for each in set(numbers) if 1 <= each <= LARGEST_NUMBER)))
        if first is not None:
            asked.append(STATEMENTS.c.last >= day(first, "The first day").isoformat())
        if last is not None:
            asked.append(STATEMENTS.c.first <= day(last, "The last day").isoformat())
        with self._looking(viewer) as (transaction, _, grant):
            mine = viewer.user_id if isinstance(viewer, Viewer) else None
            if user_id is not None:
                asked.append(STATEMENTS.c.person == (transaction.person(self._member(user_id)) or ""))
            if grant is None:
                person = transaction.person(mine or "") or ""
                return kept.statements(transaction, STATEMENTS.c.person == person, *asked)
            return [one for one in kept.statements(transaction, *asked) if one.user_id == mine or covers(grant, one)]

    # -- Files and proof ---------------------------------------------------------------------------------------------

    def export(
        self,
        folder: Path,
        viewer: By,
        first: date | str | None = None,
        last: date | str | None = None,
        state: State | str = State.APPROVED,
    ) -> dict[str, Any]:
        """Write payroll.csv, lines.csv, items.csv and manifest.json into a folder, of what is approved and unpaid.

        With `first` and `last` only statements whose periods lie within them are written. Returns the manifest. To whom
        manages pay; a manager gets the statements in reach.
        """
        try:
            state = State(state)
        except ValueError:
            raise InvalidPay(f"The state must be one of {', '.join(State)}.") from None
        begins = "" if first is None else day(first, "The first day").isoformat()
        ends = "9999" if last is None else day(last, "The last day").isoformat()
        if ends < begins:
            raise InvalidPay("The period ends before it begins; swap its days.")
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            grant = granted(reader, self.organization_id, viewer, self._pay_roles)
            within = (STATEMENTS.c.first >= begins, STATEMENTS.c.last <= ends)
            found = [each for each in kept.statements(transaction, *within, one_by_one=True) if covers(grant, each)]
            scope = asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope
            people = reader.profiles(scope, sorted({each.user_id for each in found if each.user_id}))
            return write_files(folder, found, people, state, audit.head(transaction))

    def verify(self, viewer: By, heads: Sequence[audit.Head] = ()) -> tuple[list[str], list[str]]:
        """See that all is as it was written; return what is not, and which facts of statements changed since."""
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            granted(reader, self.organization_id, viewer, self._pay_roles).everywhere()
            wrong = list(differences(transaction, heads))
            terms = kept_terms(transaction)
            if terms is None or wrong:
                return wrong, []
            asked = asked_of(reader, self.organization_id, ANY_TIME, terms.rules)
            return wrong, list(changed_since(transaction, reader, asked))

    def forget(self, member: int | str, by: By, *, unpaid: bool = False) -> None:
        """Let nothing in the records say who a member was, nor what was written of them; statements stay as they are.

        Refused while something is unpaid or left out, unless `unpaid` says that this is on purpose. Nobody forgets
        themselves, unless they alone have a pay role.
        """
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            grant.everywhere()
            details = grant.about(member)
            person, terms = transaction.person(member), kept_terms(transaction)
            if not unpaid and terms is not None:
                period = terms.until(transaction.now)
                [draft] = drafts(transaction, reader, terms, period, {member: person or NAMELESS})
                kept.refuse_unpaid(transaction, draft)
            if person is None:
                return
            audit.append(transaction, grant.actor, "forgotten", person, unpaid=unpaid, **details)
            transaction.forget_person(person)  # last, for the log may name them as who acted
