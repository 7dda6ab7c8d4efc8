"""Dates, time zones, presets, day boundaries and grain: when a question is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from perfwidget.errors import InvalidQuery
from perfwidget.facts.columns import FIRST_INSTANT, MICROSECONDS

DEFAULT_MAX_DAYS = 3_660
MOST_BUCKETS = 4_000
"""Days or weeks that one answer tells apart: a single fact of long ago makes nobody wait."""
FIRST_DATE = date(1970, 1, 1)
LAST_DATE = date(2999, 12, 31)
"""The dates that people may ask for: the years in which the data contract places facts."""


class Preset(StrEnum):
    """A period named relative to today; each ends today, included, but for yesterday and last month."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    ALL_TIME = "all_time"


class Grain(StrEnum):
    """The width of one bar: a calendar day, a week from Monday, or a calendar month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, day: date) -> date:
        """Return the first date of the bucket that holds `day`."""
        match self:
            case Grain.DAY:
                return day
            case Grain.WEEK:
                return day - timedelta(days=day.weekday())
            case Grain.MONTH:
                return day.replace(day=1)

    def after(self, start: date) -> date:
        """Return the first date of the bucket that follows the one beginning at `start`."""
        match self:
            case Grain.DAY:
                return start + timedelta(days=1)
            case Grain.WEEK:
                return start + timedelta(days=7)
            case Grain.MONTH:
                return (start + timedelta(days=31)).replace(day=1)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})  # which is another one on every machine


def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name; raises InvalidQuery for any other text."""
    if name not in _zone_names():
        raise InvalidQuery(
            "tz must be an IANA time zone such as Europe/Berlin or UTC; the one in the address is not known."
        )
    return ZoneInfo(name)


def day_start(day: date, timezone: ZoneInfo) -> int:
    """Return the first instant of a calendar day, in microseconds since 1970.

    Where midnight is skipped by a clock change it is the instant of the change; where it comes twice, the first.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone).astimezone(UTC)
    elapsed = midnight - FIRST_INSTANT
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a series: its first and last date and its half-open instants in microseconds."""

    first: date
    last: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """Dates from `first` to `last`, both inclusive for people, in one time zone; half-open instants inside."""

    first: date
    last: date
    timezone: str

    @property
    def start(self) -> int:
        """The first instant, in microseconds since 1970."""
        return day_start(self.first, zone(self.timezone))

    @property
    def end(self) -> int:
        """The first instant after the period, in microseconds since 1970."""
        return day_start(self.last + timedelta(days=1), zone(self.timezone))

    @property
    def days(self) -> int:
        """How many calendar days it has."""
        return (self.last - self.first).days + 1

    def buckets(self, grain: Grain) -> tuple[Bucket, ...]:
        """Return the period cut into days, weeks or months; the first and the last may be cut short by its ends."""
        return _buckets(self, grain)

    def grain(self, wanted: Grain | None = None) -> Grain:
        """Return the wanted grain, or the next one that has at most `MOST_BUCKETS` of the period.

        Without a wanted one it is that which draws the period with at most some sixty to a hundred bars.
        """
        if wanted is None:
            return Grain.DAY if self.days <= 92 else Grain.WEEK if self.days <= 731 else Grain.MONTH
        if wanted is Grain.DAY and self.days > MOST_BUCKETS:
            wanted = Grain.WEEK
        return Grain.MONTH if wanted is Grain.WEEK and self.days > 7 * MOST_BUCKETS else wanted


@lru_cache(maxsize=8)
def _buckets(period: Period, grain: Grain) -> tuple[Bucket, ...]:
    timezone = zone(period.timezone)
    firsts = list(_firsts(period, grain))
    starts = [day_start(first, timezone) for first in firsts] + [period.end]
    lasts = [first - timedelta(days=1) for first in firsts[1:]] + [period.last]
    return tuple(map(Bucket, firsts, lasts, starts, starts[1:]))


def _firsts(period: Period, grain: Grain) -> Iterator[date]:
    first = period.first
    while first <= period.last:
        yield first
        first = grain.after(grain.start(first))


def preset_dates(preset: Preset, today: date) -> tuple[date, date]:
    """Return the first and last date of a preset; all time has no first date of its own and is refused here."""
    month = today.replace(day=1)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - timedelta(days=1), today - timedelta(days=1)
        case Preset.LAST_7_DAYS:
            return today - timedelta(days=6), today
        case Preset.LAST_30_DAYS:
            return today - timedelta(days=29), today
        case Preset.LAST_90_DAYS:
            return today - timedelta(days=89), today
        case Preset.THIS_MONTH:
            return month, today
        case Preset.LAST_MONTH:
            return (month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)
        case Preset.THIS_QUARTER:
            return today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1), today
        case Preset.ALL_TIME:
            raise ValueError("all time begins with the first fact in scope, which only the store knows")
