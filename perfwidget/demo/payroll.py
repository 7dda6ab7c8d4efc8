"""Pay of the sample platform: rate cards in two currencies, two closed months, and what is open about them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from perfwidget.metrics import Rules
from perfwidget.pay import Draft, Pay
from perfwidget.question.access import Role, Viewer
from perfwidget.question.period import ONE_DAY, Preset, preset_dates
from perfwidget.records import open_records
from perfwidget.sources.sample_cast import ORGANIZATION_ID, PEOPLE
from perfwidget.stores import Store

ZONE = "Europe/Berlin"
MEMBER = "7005"
"""Whose account is annotator@demo.example: they ask a question, and were paid an annotation later than it was done."""
_OWNER = Viewer(ORGANIZATION_ID, 7001, Role.OWNER)
_PAID = [str(person.user_id) for person in PEOPLE if person.role in (Role.REVIEWER, Role.ANNOTATOR)]
"""Who is paid here; the others have a salary, and their work has no rate."""

_ANNOTATORS = {"whom": "role", "whom_id": "annotator"}
CARDS = (
    {"unit": "hour", "clock": "capped", "cap_s": 1_200, "amount": "18", "currency": "EUR", **_ANNOTATORS},
    {"unit": "review", "amount": "0.12", "currency": "EUR", "whom": "role", "whom_id": "reviewer"},
    {
        "unit": "accepted_annotation", "amount": "0.75", "currency": "EUR", **_ANNOTATORS,
        "place": "project", "place_id": "58531",
    },
    {
        "unit": "annotation", "amount": "14", "currency": "KES", **_ANNOTATORS,
        "place": "workspace", "place_id": "43",
    },
)  # fmt: skip


class _Hands:
    """A clock whose hands are set: records are written as on the days on which people would have acted."""

    def __init__(self, now: datetime) -> None:
        self._now = self._at = now

    def set(self, day: date, hour: int) -> None:
        """Set it to an hour of a day in the pay zone; never later than now, and never back."""
        wished = datetime.combine(day, time(hour), ZoneInfo(ZONE))
        self._at = min(wished, self._now)

    def __call__(self) -> int:
        """Return the instant in microseconds."""
        return int(self._at.timestamp()) * 1_000_000


def fill_pay(store: Store, records_url: str, now: datetime) -> None:
    """Close the two months before this one; the same facts give the same amounts."""
    last = preset_dates(Preset.LAST_MONTH, now.astimezone(ZoneInfo(ZONE)).date())
    earlier = preset_dates(Preset.LAST_MONTH, last[0])
    hands = _Hands(now)
    with closing(open_records(records_url, hands)) as records:
        pay = Pay(store, records, ORGANIZATION_ID, timezone=ZONE, rules=Rules())
        hands.set(earlier[0] - ONE_DAY, 9)
        pay.begin(earlier[0], _OWNER)
        for card in CARDS:
            pay.write_card(_OWNER, **card, valid_from=date(earlier[0].year - 1, 1, 1))
        hands.set(earlier[1] + ONE_DAY, 9)
        waits = _first_item(pay.draft(MEMBER, *earlier, _OWNER))
        pay.hold("annotation", waits, "The client has not said yet whether this task counts.", _OWNER)
        for number, currencies in _proposed(pay, earlier):
            pay.approve(number, _OWNER)
            for code in currencies:
                pay.paid(number, code, earlier[1] + timedelta(days=5), f"Payroll {earlier[0]:%Y-%m}/{number}", _OWNER)
        hands.set(last[1] + ONE_DAY, 10)
        pay.hold("annotation", waits, "The client says that it counts.", _OWNER, held=False)
        statements = dict(_proposed(pay, last))
        hands.set(last[1] + ONE_DAY, 14)
        asked = _question(pay, last)
        for number in statements:
            if number != asked:
                pay.approve(number, _OWNER)


def _proposed(pay: Pay, period: tuple[date, date]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Propose the drafts of all who are paid; yield numbers and currencies."""
    for draft in list(pay.drafts(*period, _OWNER, _PAID)):
        if not draft.is_empty:
            made = pay.propose(draft.user_id, *period, draft.sha256, _OWNER)
            yield made.number, tuple(made.totals)


def _question(pay: Pay, period: tuple[date, date]) -> int:
    """Let the member ask about a line of their statement; return its number."""
    member = Viewer(ORGANIZATION_ID, MEMBER, Role.ANNOTATOR)
    [found] = [each for each in pay.statements(member) if each.first == period[0]]
    text = "I also worked on the last evening of the month, after ten. Is that work in this line?"
    pay.contest(found.number, text, member, line=1)
    return found.number


def _first_item(draft: Draft) -> str:
    """Return the id of the first annotation that a draft pays by the hour."""
    return next(item.work.item_id for line in draft.lines if line.card.unit.is_time for item in line.items)
