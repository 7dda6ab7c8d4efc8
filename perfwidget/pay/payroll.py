"""`Pay`: everything that people do about pay, each act in one transaction with its row in the audit log."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from perfwidget.errors import Conflict, InvalidFact, InvalidPay, PerfwidgetError
from perfwidget.facts.columns import id_text
from perfwidget.metrics import Rules
from perfwidget.pay import adjusting, card_records, rights
from perfwidget.pay import statements as kept
from perfwidget.pay.adjusting import Adjustment
from perfwidget.pay.cards import RateCard, Whom, day, rate_card
from perfwidget.pay.drafting import Draft, drafts
from perfwidget.pay.files import State, write_files
from perfwidget.pay.opened import ANY_TIME, OpenPay, of_member, projects_of
from perfwidget.pay.rights import By, granted
from perfwidget.pay.statements import Statement
from perfwidget.pay.terms import Terms, confirm, kept_terms
from perfwidget.pay.verifying import changed_since, differences
from perfwidget.pay.work import EVERY, Kind, asked_of
from perfwidget.question.access import Viewer
from perfwidget.records import audit
from perfwidget.records.tables import STATEMENTS
from perfwidget.stores.listing import Among

Proposal = tuple[str, date | str, date | str, str]
"""A member, the first and last day, and the SHA-256 of the draft that was seen."""


class Pay(OpenPay):
    """The pay of one organization: its facts in a store, its cards and statements in records.

    `timezone` is the pay zone and `rules` say what counts; None takes what was confirmed last. `by` is who acts: a
    `Viewer`, or `Actor.command_line(name)`. Raises InvalidPay (400), Forbidden (403), Conflict (409),
    RecordsUnavailable and StoreUnavailable (503); nothing is changed then.
    """

    # -- Terms and cards ---------------------------------------------------------------------------------------------

    def terms(self) -> Terms | None:
        """Return what was confirmed last: since when pay answers, in which zone, by which rules."""
        with self._records.reading(self.organization_id) as transaction:
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

    def cards(self, viewer: Viewer | None = None) -> Sequence[RateCard]:
        """Return the cards that were not voided; to members those that may pay them, with members' ids."""
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            found = card_records.cards(transaction)
            members = transaction.user_ids()
            named = [of_member(card, members) for card in found]
            if viewer is None:
                return named
            rights.may_see(reader, self.organization_id, viewer, viewer.user_id, self._pay_roles)
            if viewer.known_role() in self._pay_roles:
                return named
            theirs = {(Whom.ALL, None), (Whom.ROLE, str(viewer.role)), (Whom.MEMBER, viewer.user_id)}
            return [card for card in named if (card.whom, card.whom_id) in theirs]

    def write_card(self, by: By, **card: Any) -> RateCard:
        """Write a rate card, given by the names of `RateCard`'s fields; it can only end or be voided afterwards."""
        made = rate_card(card)
        with self._acting(by) as (transaction, reader, grant):
            self._agreed(transaction)
            self._may_card(grant, made)
            if made.whom is Whom.MEMBER and made.whom_id is not None:
                self._refuse_unknown(transaction, reader, made.whom_id)
            return card_records.write(transaction, made, grant.actor)

    def end_card(self, card_id: int, last: date | str, by: By) -> RateCard:
        """Let a card end with a day, not before its last paid work day."""
        with self._acting(by) as (transaction, _, grant):
            self._may_card(grant, self._card(transaction, card_id))
            return card_records.end(transaction, card_id, day(last, "The last day"), grant.actor)

    def void_card(self, card_id: int, by: By) -> None:
        """Take back a card by which nothing is paid."""
        with self._acting(by) as (transaction, _, grant):
            self._may_card(grant, self._card(transaction, card_id))
            card_records.void(transaction, card_id, grant.actor)

    # -- Drafts and statements ---------------------------------------------------------------------------------------

    def draft(self, member: int | str, first: date | str, last: date | str, viewer: Viewer | None = None) -> Draft:
        """Return what a member's statement of a period would be just now; to themselves, or to whom manages pay."""
        member = self._member(member)
        with self._store.reading() as reader:
            rights.may_see(reader, self.organization_id, viewer, member, self._pay_roles)
            [found] = self._drafts(reader, [member], first, last)
            if viewer is not None and viewer.user_id != member:
                granted(reader, self.organization_id, viewer, self._pay_roles).within(found.projects)
            return found

    def drafts(
        self, first: date | str, last: date | str, members: Collection[int | str] | None = None
    ) -> Iterator[Draft]:
        """Yield the drafts of several members, or of all; for whoever owns the records."""
        with self._store.reading() as reader:
            if members is None:
                scope = asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope
                members = sorted(reader.member_ids(scope))
            yield from self._drafts(reader, [self._member(each) for each in members], first, last)

    def propose(self, member: int | str, first: date | str, last: date | str, sha256: str, by: By) -> Statement:
        """Freeze the draft that was seen, named by its SHA-256; Conflict where facts or cards have changed since."""
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            terms = self._agreed(transaction)
            period = self._period(terms, first, last)
            details = grant.about(member)
            person = transaction.named_person(member)
            kept.refuse_overlap(transaction, person, period.first, period.last)
            self._refuse_unfinished(transaction, reader, period)
            [found] = drafts(transaction, reader, terms, period, {member: person})
            grant.within(found.projects)
            if found.sha256 != sha256:
                raise Conflict("The draft has changed since it was seen; look at it again before you propose it.")
            if found.is_empty:
                raise InvalidPay("There is nothing to pay or to tell in this period, so there is no statement.")
            return kept.keep(transaction, found, grant.actor, **details)

    def propose_all(
        self, proposals: Iterable[Proposal], by: By
    ) -> Iterator[tuple[Proposal, Statement | PerfwidgetError]]:
        """Propose many, one transaction each; yield of each the statement, or why there is none."""
        for each in proposals:
            try:
                yield each, self.propose(*each, by)
            except PerfwidgetError as fault:
                yield each, fault

    def approve(self, number: int, by: By) -> Statement:
        """Approve a proposed statement; approving it twice changes nothing."""
        return self._act(number, by, kept.approve)

    def withdraw(self, number: int, text: str, by: By) -> Statement:
        """Withdraw a proposed statement with a text: its items and adjustments are free again."""
        return self._act(number, by, kept.withdraw, text)

    def paid(self, number: int, currency: str, paid_on: date | str, reference: str, by: By) -> Statement:
        """Mark a currency of an approved statement as paid; a wrong mark is replaced, and the log has both."""
        return self._act(number, by, kept.mark_paid, currency, day(paid_on, "The day of payment"), reference)

    def statements(self, viewer: Viewer | None = None) -> Sequence[Statement]:
        """Return all statements by number, withdrawn ones too; to members their own, wherever the work was."""
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            if viewer is None:
                return kept.statements(transaction)
            if viewer.known_role() in self._pay_roles:
                grant = granted(reader, self.organization_id, viewer, self._pay_roles)
                known = kept.statements(transaction)
                return [one for one in known if one.user_id == viewer.user_id or grant.covers(projects_of(one))]
            rights.may_see(reader, self.organization_id, viewer, viewer.user_id, self._pay_roles)
            person = transaction.person(viewer.user_id) or ""
            return kept.statements(transaction, STATEMENTS.c.person == person)

    # -- Files and proof ---------------------------------------------------------------------------------------------

    def export(
        self,
        folder: Path,
        first: date | str | None = None,
        last: date | str | None = None,
        state: State | str = State.APPROVED,
    ) -> dict[str, Any]:
        """Write payroll.csv, lines.csv, items.csv and manifest.json into a folder, of what is approved and unpaid.

        With `first` and `last` only statements whose periods lie within them are written. Returns the manifest.
        """
        try:
            state = State(state)
        except ValueError:
            raise InvalidPay(f"The state must be one of {', '.join(State)}.") from None
        begins = "" if first is None else day(first, "The first day").isoformat()
        ends = "9999" if last is None else day(last, "The last day").isoformat()
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            found = kept.statements(transaction, STATEMENTS.c.first >= begins, STATEMENTS.c.last <= ends)
            scope = asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope
            people = reader.profiles(scope, sorted({each.user_id for each in found if each.user_id}))
            return write_files(folder, found, people, state, audit.head(transaction))

    def verify(self, heads: Sequence[audit.Head] = ()) -> tuple[list[str], list[str]]:
        """See that all is as it was written; return what is not, and which facts of statements changed since."""
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            wrong = list(differences(transaction, heads))
            terms = kept_terms(transaction)
            if terms is None or wrong:
                return wrong, []
            asked = asked_of(reader, self.organization_id, ANY_TIME, terms.rules)
            return wrong, list(changed_since(transaction, reader, asked))

    def forget(self, member: int | str, by: By, *, unpaid: bool = False) -> None:
        """Let nothing in the records say who a member was, nor what was written of them; statements stay as they are.

        Refused while something is unpaid, unless `unpaid` says that this is on purpose.
        """
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            grant.everywhere()
            person, terms = transaction.person(member), kept_terms(transaction)
            if person is None:
                return
            if not unpaid and terms is not None:
                [draft] = drafts(transaction, reader, terms, terms.until(transaction.now), {member: person})
                kept.refuse_unpaid(transaction, draft)
            transaction.forget_person(person)
            audit.append(transaction, grant.actor, "forgotten", person, unpaid=unpaid)

    # -- Holds and adjustments ---------------------------------------------------------------------------------------

    def hold(self, kind: str, item_id: int | str, text: str, by: By, *, held: bool = True) -> None:
        """Set an annotation, review or visit aside with a text; with `held=False` release it."""
        try:
            key = Kind(kind), id_text(item_id)
        except (ValueError, InvalidFact):
            raise InvalidPay(f"What is held is one of {', '.join(Kind)}, with its id.") from None
        with self._acting(by) as (transaction, reader, grant):
            rows = EVERY[key[0]]
            asked = asked_of(reader, self.organization_id, ANY_TIME, Rules())
            among = Among(rows.scan.fact.key_columns[-1], [key[1]])
            found = list(reader.facts(asked, rows, (rows.scan.member, "project_id"), among))
            if not found:
                raise InvalidPay(f"There is no {key[0]} {key[1]}; name one that is there.")
            [(member, project)] = found
            grant.within([project])
            grant.about(member)
            person = transaction.named_person(member)
            adjusting.hold(transaction, key, text, grant.actor, held=held, person=person)

    def adjust(self, member: int | str, amount: object, currency: str, text: str, by: By) -> Adjustment:
        """Let a member's next statement pay an amount above 0, with a text."""
        member = self._member(member)
        with self._acting(by) as (transaction, reader, grant):
            grant.about(member)
            self._refuse_unknown(transaction, reader, member)
            person = transaction.named_person(member)
            return adjusting.adjust(transaction, person, amount, currency, text, grant.actor)
