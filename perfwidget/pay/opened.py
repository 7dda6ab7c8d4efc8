"""Pay that is open: its facts, its records, and who may act; what `Pay` is built on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

from perfwidget.errors import InvalidFact, InvalidPay, InvalidSetting
from perfwidget.facts.columns import FIRST_INSTANT, id_text
from perfwidget.metrics import Rules
from perfwidget.pay import card_records
from perfwidget.pay import statements as kept
from perfwidget.pay.cards import Place, RateCard, Whom, day
from perfwidget.pay.draft import Draft
from perfwidget.pay.drafting import drafts
from perfwidget.pay.refusals import NotThere, told_to
from perfwidget.pay.rights import By, Grant, granted, looking, member_of, named_to
from perfwidget.pay.statements import Statement
from perfwidget.pay.terms import Terms, agreed, kept_terms
from perfwidget.pay.work import asked_of
from perfwidget.question.access import Role, Viewer
from perfwidget.question.period import FIRST_DATE, Period
from perfwidget.records import Records, Transaction
from perfwidget.settings import CONTEST_DAYS, PAY_ROLES, days_to_answer, time_zone
from perfwidget.stores import Reader, Store

ANY_TIME = Period(FIRST_DATE, FIRST_DATE, "UTC")
"""A period for questions that are of no time."""

NAMELESS = ""
"""Stands for a member of whom the records hold nothing."""


class OpenPay:
    """The facts and records of one organization's pay, and who may act in it."""

    def __init__(
        self,
        store: Store,
        records: Records,
        organization_id: int | str,
        *,
        timezone: str | None = None,
        rules: Rules | None = None,
        pay_roles: Iterable[Role | str] = PAY_ROLES,
        contest_days: int = CONTEST_DAYS,
    ) -> None:
        self._store = store
        self._records = records
        self.organization_id = id_text(organization_id)
        self._timezone = time_zone(timezone)
        self._rules = rules
        try:
            self._pay_roles = frozenset(map(Role, pay_roles))
        except ValueError:
            raise InvalidSetting(f"pay_roles must be among {', '.join(Role)}.") from None
        self._contest_days = days_to_answer(contest_days)

    @contextmanager
    def _acting(self, by: By) -> Iterator[tuple[Transaction, Reader, Grant]]:
        """Open a write of the organization and a state of the store, for whom manages pay."""
        with self._records.writing(self.organization_id) as transaction, self._store.reading() as reader:
            grant = granted(reader, self.organization_id, by, self._pay_roles)
            with told_to(self._names(reader, by), sees_all=grant.projects is None):
                yield transaction, reader, grant

    @contextmanager
    def _looking(self, viewer: By) -> Iterator[tuple[Transaction, Reader, Grant | None]]:
        """Open a state of the records and of the store, for a member (without a grant) or for whom manages pay."""
        with self._records.reading(self.organization_id) as transaction, self._store.reading() as reader:
            yield transaction, reader, looking(reader, self.organization_id, viewer, self._pay_roles)

    def _names(self, reader: Reader, by: By) -> Callable[[str], str]:
        """Return what tells what a viewer calls who acted, a member or `cli:NAME`."""
        scope = asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope
        return lambda who: named_to(by, reader.profiles(scope, [who])[who])

    def _others(self, reader: Reader, viewer: By, member: str) -> Grant | None:
        """Return what somebody who looks may see of a member; None of a member who looks at themselves."""
        if isinstance(viewer, Viewer) and viewer.user_id == member:
            member_of(reader, self.organization_id, viewer)
            return None
        return granted(reader, self.organization_id, viewer, self._pay_roles)

    def _act(self, number: int, by: By, act: Callable[..., Statement], *more: Any) -> Statement:
        with self._acting(by) as (transaction, _, grant):
            found = kept.statement(transaction, number)
            details = grant.about(found.user_id)
            grant.within(projects_of(found), found.user_id)
            return act(transaction, number, *more, grant.actor, **details)

    def _agreed(self, transaction: Transaction) -> Terms:
        before = kept_terms(transaction)
        timezone = self._timezone or (before.timezone if before else None)
        return agreed(transaction, timezone, self._rules or (before.rules if before else Rules()))

    def _drafts(
        self, reader: Reader, members: Sequence[str], first: date | str, last: date | str, *, documents: bool = True
    ) -> Iterator[Draft]:
        with self._records.reading(self.organization_id) as transaction:
            terms = self._agreed(transaction)
            period = self._period(terms, first, last)
            known = {user_id for user_id in transaction.user_ids().values() if user_id is not None}
            unnamed = [member for member in members if member not in known]
            self._refuse_unknown(reader, unnamed)
        if unnamed:
            with self._records.writing(self.organization_id) as transaction:
                for member in unnamed:
                    transaction.named_person(member)
        with self._records.reading(self.organization_id) as transaction:
            named = {user_id: person for person, user_id in transaction.user_ids().items() if user_id is not None}
            people = {member: named[member] for member in members}
            yield from drafts(transaction, reader, terms, period, people, documents=documents)

    def _period(self, terms: Terms, first: date | str, last: date | str) -> Period:
        period = Period(day(first, "The first day"), day(last, "The last day"), terms.timezone)
        if period.last < period.first:
            raise InvalidPay("The period ends before it begins; swap its days.")
        if period.last < terms.pay_from:
            raise InvalidPay(f"Pay answers since {terms.pay_from}, and the period ends before; choose a later one.")
        return period

    def _refuse_unfinished(self, transaction: Transaction, reader: Reader, period: Period) -> None:
        """Raise InvalidPay where more work of the period may come."""
        if period.end > transaction.now:
            raise InvalidPay(f"{period.last} is not over in {period.timezone}; propose the period once it has ended.")
        for source, mark in reader.bookmarks(self.organization_id).items():
            if mark.as_of is not None and mark.as_of < period.end:
                until = (FIRST_INSTANT + _microseconds(mark.as_of)).astimezone(UTC)
                raise InvalidPay(f"{source} is read up to {until:%Y-%m-%d %H:%M} UTC only; read the rest first.")

    def _member(self, member: int | str) -> str:
        try:
            return id_text(member)
        except InvalidFact as fault:
            raise InvalidPay(f"The member has no valid id. {fault}") from None

    def _person(self, transaction: Transaction, reader: Reader, member: str) -> str:
        """Return the random number of a member; raises NotThere for a slip: neither store nor records know them."""
        if transaction.person(member) is None:
            self._refuse_unknown(reader, [member])
        return transaction.named_person(member)

    def _refuse_unknown(self, reader: Reader, members: Sequence[str]) -> None:
        """Raise NotThere where the store does not know one of some members, whom the records do not know either."""
        scope = asked_of(reader, self.organization_id, ANY_TIME, Rules()).scope
        for member in sorted(set(members) - reader.member_ids(scope)) if members else ():
            raise NotThere(f"There is no member {member}; name one by id, or on the command line by e-mail.")

    def _card(self, transaction: Transaction, grant: Grant, card_id: int, seen: str | None) -> RateCard:
        """Return a card that somebody may change, as it was when they saw it."""
        card = card_records.card_of(transaction, card_id)
        self._may_card(grant, of_member(card, transaction.user_ids()))
        card_records.refuse_changed(transaction, card, seen)
        return card

    def _may_card(self, grant: Grant, card: RateCard) -> None:
        grant.within([(card.place_id or "") if card.place is Place.PROJECT else ""])
        grant.about(card.whom_id if card.whom is Whom.MEMBER else None)


def of_member(card: RateCard, members: Mapping[str, str | None]) -> RateCard:
    """Return a card with the member's id in place of the random number."""
    if card.whom is Whom.MEMBER and card.whom_id is not None:
        return replace(card, whom_id=members.get(card.whom_id) or card.whom_id)
    return card


def covers(grant: Grant, statement: Statement) -> bool:
    """Say whether a statement is in somebody's reach."""
    return grant.projects is None or grant.covers(projects_of(statement), statement.user_id)


def projects_of(statement: Statement) -> frozenset[str]:
    """Return all projects whose work a statement speaks of."""
    said = statement.document
    left = (item["project"] for reason in said["left_out"] for item in reason["items"])
    told = (item["project"] for change in said["changes"] for item in change["items"] if item["project"] is not None)
    return frozenset((*(line["project"] for line in said["lines"]), *left, *told))


def _microseconds(instant: int) -> timedelta:
    return timedelta(microseconds=instant)
