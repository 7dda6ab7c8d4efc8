"""Rate cards: what a unit of work is worth, whose, where and when; and which of them decides."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from perfwidget.errors import InvalidFact, InvalidPay
from perfwidget.facts.columns import id_text
from perfwidget.pay.amounts import decimal
from perfwidget.pay.currencies import currency
from perfwidget.question.access import Role
from perfwidget.question.period import FIRST_DATE, LAST_DATE

LONGEST_CAP_S = 10**9

Word = TypeVar("Word", bound=StrEnum)


class Family(StrEnum):
    """What kinds of work exclude each other: one card decides what its family pays."""

    ANNOTATING = "annotating"
    REVIEWING = "reviewing"


class Unit(StrEnum):
    """What is paid."""

    ANNOTATION = "annotation"
    ACCEPTED_ANNOTATION = "accepted_annotation"
    HOUR = "hour"
    REVIEW = "review"
    REVIEW_HOUR = "review_hour"

    @property
    def family(self) -> Family:
        """The family whose work it pays."""
        return Family.REVIEWING if self in (Unit.REVIEW, Unit.REVIEW_HOUR) else Family.ANNOTATING

    @property
    def is_time(self) -> bool:
        """Whether hours are paid, and not pieces."""
        return self is Unit.HOUR or self is Unit.REVIEW_HOUR


class Clock(StrEnum):
    """Which time of an item an hour's card counts."""

    LEAD = "lead"
    CAPPED = "capped"
    MEDIAN = "median"


class Whom(StrEnum):
    """Whose work a card pays, the most specific first."""

    MEMBER = "member"
    ROLE = "role"
    ALL = "all"


class Place(StrEnum):
    """Where that work lies, the most specific first."""

    PROJECT = "project"
    WORKSPACE = "workspace"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """A card; `whom_id` is a role or a member's id, in records the random number that stands for the member."""

    unit: Unit
    amount: Decimal
    currency: str
    whom: Whom = Whom.ALL
    whom_id: str | None = None
    place: Place = Place.ALL
    place_id: str | None = None
    valid_from: date
    valid_until: date | None = None
    clock: Clock | None = None
    cap_s: int | None = None
    card_id: int = 0
    written_at: int = 0
    """When it was written, in microseconds."""

    @property
    def where(self) -> tuple[Place, str | None]:
        """The place whose work it pays."""
        return self.place, self.place_id

    def covers(self, day: date) -> bool:
        """Say whether it is valid on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def clashes(self, other: "RateCard") -> bool:
        """Say whether both would decide the same work on some day."""
        mine, theirs = ((c.unit.family, c.whom, c.whom_id, c.place, c.place_id) for c in (self, other))
        apart = (self.valid_until or LAST_DATE) < other.valid_from or (other.valid_until or LAST_DATE) < self.valid_from
        return mine == theirs and not apart

    def counted(self, time: int) -> int:
        """Return what its clock counts of a time, in microseconds."""
        return time if self.cap_s is None else min(time, self.cap_s * 1_000_000)


def rate_card(given: Mapping[str, Any]) -> RateCard:
    """Return a card of what somebody gives by the names of its fields; raises InvalidPay with one sentence."""
    unknown = sorted(given.keys() - RateCard.__dataclass_fields__.keys() - {"card_id", "written_at"})
    if unknown:
        raise InvalidPay(f"A rate card has no {', '.join(unknown)}.")
    unit = _one_of(Unit, given.get("unit"), "unit")
    clock, cap_s = _clock(unit, given.get("clock"), given.get("cap_s"))
    whom = _one_of(Whom, given.get("whom") or Whom.ALL, "whom")
    place = _one_of(Place, given.get("place") or Place.ALL, "place")
    whom_id = _identity(given.get("whom_id"), whom is Whom.ALL, "whom_id")
    if whom is Whom.ROLE and whom_id not in set(Role):
        raise InvalidPay(f"The role of a rate card must be one of {', '.join(Role)}.")
    valid_from, valid_until = day(given.get("valid_from"), "valid_from"), None
    if given.get("valid_until") is not None:
        valid_until = day(given["valid_until"], "valid_until")
        if valid_until < valid_from:
            raise InvalidPay("The rate card would end before it begins; give a later valid_until.")
    return RateCard(
        unit=unit,
        amount=decimal(given.get("amount"), 6, "amount"),
        currency=currency(given.get("currency")),
        whom=whom,
        whom_id=whom_id,
        place=place,
        place_id=_identity(given.get("place_id"), place is Place.ALL, "place_id"),
        valid_from=valid_from,
        valid_until=valid_until,
        clock=clock,
        cap_s=cap_s,
    )


def day(value: object, name: str) -> date:
    """Return a date of `YYYY-MM-DD`; raises InvalidPay."""
    try:
        found = value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        found = date.min
    if not FIRST_DATE <= found <= LAST_DATE:
        raise InvalidPay(f"{name} must be a date such as 2026-11-01.")
    return found


def _one_of(words: type[Word], value: object, name: str) -> Word:
    try:
        return words(str(value))
    except ValueError:
        raise InvalidPay(f"{name} must be one of {', '.join(words)}.") from None


def _identity(value: object, none: bool, name: str) -> str | None:
    if none:
        if value is not None:
            raise InvalidPay(f"A rate card for all has no {name}; leave it out.")
        return None
    try:
        return id_text(value)
    except InvalidFact:
        raise InvalidPay(f"The rate card needs a {name}: a valid id.") from None


def _clock(unit: Unit, clock: object, cap_s: object) -> tuple[Clock | None, int | None]:
    if not unit.is_time:
        if clock is not None or cap_s is not None:
            raise InvalidPay("Only hours have a clock and a cap; leave both out.")
        return None, None
    found = _one_of(Clock, clock or Clock.LEAD, "clock")
    if unit is Unit.REVIEW_HOUR and found is Clock.MEDIAN:
        raise InvalidPay("The clock of a review hour must be lead or capped.")
    if (found is Clock.CAPPED) != (cap_s is not None):
        raise InvalidPay("cap_s goes with the clock capped, and with no other.")
    if cap_s is not None and (type(cap_s) is not int or not 1 <= cap_s <= LONGEST_CAP_S):
        raise InvalidPay(f"cap_s must be whole seconds, from 1 to {LONGEST_CAP_S:,}.")
    return found, cap_s if isinstance(cap_s, int) else None


@dataclass(frozen=True)
class CardBook:
    """The cards of an organization, and which of them decides."""

    cards: Iterable[RateCard]
    workspaces: Mapping[str, str | None]
    """The workspaces of projects, as known now."""
    _found: dict[tuple[Any, ...], list[RateCard]] = field(default_factory=dict)

    def candidates(self, family: Family, person: str, role: str | None, project: str) -> list[RateCard]:
        """Return the cards for an item of whatever day, the most specific first.

        That is member, role, all, and among these project, workspace, all. The first that covers its day decides.
        """
        asked = (family, person, role, project)
        if asked not in self._found:
            places = (Place.PROJECT, project), (Place.WORKSPACE, self.workspaces.get(project)), (Place.ALL, None)
            self._found[asked] = [
                card
                for who in ((Whom.MEMBER, person), (Whom.ROLE, role), (Whom.ALL, None))
                if (theirs := self._by_whom.get((family, *who)))
                for place in places
                for card in theirs.get(place, ())
            ]
        return self._found[asked]

    @cached_property
    def _by_whom(self) -> Mapping[tuple[Any, ...], Mapping[tuple[Place, str | None], list[RateCard]]]:
        found: dict[tuple[Any, ...], dict[tuple[Place, str | None], list[RateCard]]] = {}
        for card in self.cards:
            theirs = found.setdefault((card.unit.family, card.whom, card.whom_id), {})
            theirs.setdefault(card.where, []).append(card)
        return found


def deciding(candidates: Iterable[RateCard], day: date) -> RateCard | None:
    """Return the first of some cards that is valid on a day."""
    for card in candidates:
        if card.covers(day):
            return card
    return None
