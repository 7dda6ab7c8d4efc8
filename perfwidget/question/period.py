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
ONE_DAY = timedelta(days=1)
FIRST_DATE = date(1970, 1, 1)
LAST_DATE = date(2999, 12, 31)
"""The dates that people may ask for: the years in which the data contract places facts."""


class Preset(StrEnum):
    """A period named relative to today.

    Today, `last_N_days` and `this_…` end today, included; yesterday and `last_…` are over. A half of a month is the
    latest that has begun: the 1st to the 15th, or the 16th to the end, or to today where that is earlier.
    """

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    FIRST_HALF_OF_MONTH = "first_half_of_month"
    SECOND_HALF_OF_MONTH = "second_half_of_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
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
def zone_names() -> frozenset[str]:
    """Return the names of all time zones that may be asked for."""
    # The one that is left out is another zone on every machine, the other one no place's.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name; raises InvalidQuery for any other text."""
    if name not in zone_names():
        raise InvalidQuery(
            "tz must be an IANA time zone such as Europe/Berlin or UTC; the one in the address is not known."
        )
    return ZoneInfo(name)


def day_start(day: date, timezone: ZoneInfo) -> int:
    """Return the first instant of a calendar day, in microseconds since 1970.

    Where midnight is skipped by a clock change it is the instant of the change. Where it comes twice, it is the first.
    """
    return _instant(_midnight(day), timezone)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a time of day, in the zone that stands beside it)


def _instant(local: datetime, timezone: ZoneInfo) -> int:
    """Return the first instant at which clocks of a zone show a time, in microseconds since 1970."""
    elapsed = local.replace(tzinfo=timezone).astimezone(UTC) - FIRST_INSTANT
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS


def _local(instant: int, timezone: ZoneInfo) -> datetime:
    return (FIRST_INSTANT + timedelta(microseconds=instant)).astimezone(timezone).replace(tzinfo=None, fold=0)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of a series: its first and last date and its half-open instants in microseconds."""

    first: date
    last: date
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """When a question is about, in one time zone: dates, both inclusive for people; half-open instants inside.

    With `times` it has less of its first and last date than all: `between` makes such periods.
    """

    first: date
    last: date
    timezone: str
    times: tuple[datetime, datetime] | None = None
    """Times of day of the zone, the first included and the second not."""

    @classmethod
    def between(cls, begins: datetime, ends: datetime, timezone: str) -> "Period":
        """Return the period from a time of day of a zone to before another; raises InvalidQuery if there is none.

        Neither may be a time that a clock change skips. Of a time that comes twice the first is meant.
        """
        place = zone(timezone)
        for name, time in (("from", begins), ("to", ends)):
            if _local(_instant(time, place), place) != time:
                raise InvalidQuery(
                    f"{name} is {time:%H:%M} on {time.date()}, which a clock change in {timezone} skips; "
                    "choose another time."
                )
        if ends <= begins:
            raise InvalidQuery("The period must end after it begins; choose a later to.")
        return cls(begins.date(), _local(_instant(ends, place) - 1, place).date(), timezone, (begins, ends))

    @property
    def start(self) -> int:
        """The first instant, in microseconds since 1970."""
        place = zone(self.timezone)
        return day_start(self.first, place) if self.times is None else _instant(self.times[0], place)

    @property
    def end(self) -> int:
        """The first instant after the period, in microseconds since 1970."""
        place = zone(self.timezone)
        return day_start(self.last + ONE_DAY, place) if self.times is None else _instant(self.times[1], place)

    @property
    def written(self) -> tuple[str, str]:
        """Its ends as an address and a report write them: two dates, or two times of day."""
        if self.times is None:
            return self.first.isoformat(), self.last.isoformat()
        begins, ends = self.times
        return begins.isoformat(timespec="minutes"), ends.isoformat(timespec="minutes")

    def part(self, first: date, last: date) -> "Period":
        """Return what of the period lies on some of its dates; without times where that is all of them."""
        whole = _midnight(first), _midnight(last + ONE_DAY)
        times = whole if self.times is None else (max(self.times[0], whole[0]), min(self.times[1], whole[1]))
        return Period(first, last, self.timezone, None if times == whole else times)

    @property
    def days(self) -> int:
        """How many calendar days it has, or has a part of."""
        return (self.last - self.first).days + 1

    def buckets(self, grain: Grain) -> tuple[Bucket, ...]:
        """Return the period cut into days, weeks or months. The first and the last may be cut short by its ends."""
        return _buckets(self, grain) if self.grain(grain) is grain else tuple(self.each(grain))

    def each(self, grain: Grain) -> Iterator[Bucket]:
        """Yield the same one after the other, where they are too many to be kept."""
        place = zone(self.timezone)
        first, start = self.first, self.start
        while (after := grain.after(grain.start(first))) <= self.last:
            end = day_start(after, place)
            yield Bucket(first, after - ONE_DAY, start, end)
            first, start = after, end
        yield Bucket(first, self.last, start, self.end)

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
    return tuple(period.each(grain))


def preset_dates(preset: Preset, today: date) -> tuple[date, date]:
    """Return the first and last date of a preset. All time has no first date of its own and is refused here."""
    week, month, quarter = Grain.WEEK.start(today), today.replace(day=1), quarter_start(today)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - ONE_DAY, today - ONE_DAY
        case Preset.LAST_7_DAYS:
            return today - timedelta(days=6), today
        case Preset.LAST_30_DAYS:
            return today - timedelta(days=29), today
        case Preset.LAST_90_DAYS:
            return today - timedelta(days=89), today
        case Preset.THIS_WEEK:
            return week, today
        case Preset.LAST_WEEK:
            return week - timedelta(days=7), week - ONE_DAY
        case Preset.THIS_MONTH:
            return month, today
        case Preset.LAST_MONTH:
            return Grain.MONTH.start(month - ONE_DAY), month - ONE_DAY
        case Preset.FIRST_HALF_OF_MONTH:
            return month, min(today, month.replace(day=15))
        case Preset.SECOND_HALF_OF_MONTH:
            last = today if today.day >= 16 else month - ONE_DAY
            return last.replace(day=16), last
        case Preset.THIS_QUARTER:
            return quarter, today
        case Preset.LAST_QUARTER:
            return quarter_start(quarter - ONE_DAY), quarter - ONE_DAY
        case Preset.THIS_YEAR:
            return today.replace(month=1, day=1), today
        case Preset.ALL_TIME:
            raise ValueError("all time begins with the first fact in scope, which only the store knows")


def quarter_start(day: date) -> date:
    """Return the first date of a date's quarter."""
    return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
