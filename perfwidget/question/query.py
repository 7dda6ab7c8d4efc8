"""What is asked: a Query, parsed from an address, a form or the command line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar

from perfwidget.errors import InvalidFact, InvalidQuery
from perfwidget.facts.columns import id_text
from perfwidget.metrics import BY_KEY, Condition, Metric
from perfwidget.question.period import (
    DEFAULT_MAX_DAYS,
    FIRST_DATE,
    LAST_DATE,
    Grain,
    Period,
    Preset,
    preset_dates,
    zone,
)

DEFAULT_PRESET = Preset.LAST_30_DAYS
DEFAULT_TIMEZONE = "UTC"

_Choice = TypeVar("_Choice", bound=StrEnum)

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_OF_DAY = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"


class Entry(StrEnum):
    """The page of the host from which the dashboard was opened; it pre-selects, and never widens what is seen."""

    HOME = "home"
    MEMBERS = "members"
    ORGANIZATION = "organization"


class Statistic(StrEnum):
    """Which reading of Total Time Annotating is drawn."""

    AVERAGE = "average"
    MEDIAN = "median"


class Theme(StrEnum):
    """Colours of the page; without one the browser's wish decides."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Query:
    """A well-formed question, before anybody asked whether the viewer may have the answer.

    `users` are the members asked about, and none means the viewer; `everybody` is all whom the viewer may choose.
    Empty `workspaces` and `projects` are no filter. `period` None means all time up to `today`; its first date is
    that of the first fact in scope. `grain` None leaves the choice to the period.
    """

    users: tuple[str, ...] = ()
    everybody: bool = False
    workspaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    period: Period | None = None
    preset: Preset | None = None
    timezone: str = DEFAULT_TIMEZONE
    today: date = date.min
    entry: Entry | None = None
    grain: Grain | None = None
    statistic: Statistic = Statistic.AVERAGE
    theme: Theme | None = None
    rows: "Behind | None" = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A number whose rows are asked for: that of the whole period, or of the bucket that holds `day`."""

    metric: Metric
    day: date | None = None

    def part(self, period: Period, grain: Grain) -> Period:
        """Return the part of a period that the number speaks of; raises InvalidQuery for a day outside of it."""
        if self.day is None:
            return period
        for bucket in period.buckets(grain):
            if bucket.first <= self.day <= bucket.last:
                return period.part(bucket.first, bucket.last)
        raise InvalidQuery(
            f"The date {self.day} lies outside of the period, {' to '.join(period.written)} in {period.timezone}; "
            "choose one in it."
        )


def parse(
    asked: Mapping[str, Iterable[str]],
    *,
    now: datetime | None = None,
    max_period_days: int = DEFAULT_MAX_DAYS,
    timezone: str = DEFAULT_TIMEZONE,
) -> Query:
    """Turn parameters of the page address into a Query.

    `asked` maps a name to its values in order (as werkzeug's `MultiDict.to_dict(flat=False)` does); empty values and
    unknown names are ignored. `now` is the instant that "today" is taken from, `timezone` the zone where none is asked
    for. Raises InvalidQuery with one sentence.
    """
    given = {name: [value for value in values if value != ""] for name, values in asked.items()}
    timezone = _one(given, "tz") or timezone
    today = (now or datetime.now(UTC)).astimezone(zone(timezone)).date()
    user = _one(given, "user")
    period, preset = _period(given, timezone, today, max_period_days)
    return Query(
        users=() if user is None else (_id("user", user),),
        workspaces=_ids("workspace", given.get("workspace", [])),
        projects=_ids("project", given.get("project", [])),
        period=period,
        preset=preset,
        timezone=timezone,
        today=today,
        entry=_choice(Entry, "entry", given),
        grain=_choice(Grain, "grain", given),
        statistic=_choice(Statistic, "statistic", given) or Statistic.AVERAGE,
        theme=_choice(Theme, "theme", given),
        rows=_rows(_one(given, "rows")),
    )


def parse_behind(asked: Mapping[str, Iterable[str]]) -> Behind:
    """Return the number that a download's `metric` and `date` name; raises InvalidQuery."""
    given = {name: [value for value in asked.get(name, ()) if value != ""] for name in ("metric", "date")}
    return _behind(_one(given, "metric"), _one(given, "date"))


def _rows(named: str | None) -> Behind | None:
    """Return the number that the page's `rows` names, written `metric` or `metric@date`."""
    if named is None:
        return None
    metric, _, day = named.partition("@")
    if metric not in BY_KEY:
        raise InvalidQuery("rows names no number of this page; choose one on the page.")
    return _behind(metric, day or None)


def _behind(key: str | None, day: str | None) -> Behind:
    if key is None or key not in BY_KEY:
        raise InvalidQuery(f"metric must be one of {', '.join(BY_KEY)}.")
    metric = BY_KEY[key]
    if day is not None and Condition.CREATED_EARLIER in metric.rows.where:
        raise InvalidQuery(f"{key} speaks of the whole period; leave out the date.")
    return Behind(metric, None if day is None else _date("date", day))


def _period(
    given: Mapping[str, list[str]], timezone: str, today: date, max_period_days: int
) -> tuple[Period | None, Preset | None]:
    first, last = _one(given, "from"), _one(given, "to")
    preset = _choice(Preset, "preset", given)
    if (first is None) != (last is None):
        raise InvalidQuery("from and to go together; give both of them, or a preset instead.")
    if first is not None and last is not None:
        period = _between(_moment("from", first), _moment("to", last), timezone)
        if period.days > max_period_days:
            raise InvalidQuery(
                f"The period has {period.days:,} days and at most {max_period_days:,} are allowed; "
                "ask for a shorter one."
            )
        return period, None
    preset = preset or DEFAULT_PRESET
    if preset is Preset.ALL_TIME:
        return None, preset
    return Period(*preset_dates(preset, today), timezone), preset


def _between(first: date | datetime, last: date | datetime, timezone: str) -> Period:
    if isinstance(first, datetime) and isinstance(last, datetime):
        return Period.between(first, last, timezone)
    if isinstance(first, datetime) or isinstance(last, datetime):
        raise InvalidQuery(
            "from and to must both be dates or both have a time of day; "
            "a date means the whole of its day, and a time of day in to is not included."
        )
    if last < first:
        raise InvalidQuery("The period ends before it begins; swap from and to.")
    return Period(first, last, timezone)


def _one(given: Mapping[str, list[str]], name: str) -> str | None:
    values = given.get(name, [])
    if len(set(values)) > 1:
        raise InvalidQuery(f"{name} may be given once only; the address has {len(values)} of them.")
    return values[0] if values else None


def _choice(kind: type[_Choice], name: str, given: Mapping[str, list[str]]) -> _Choice | None:
    value = _one(given, name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise InvalidQuery(f"{name} must be one of {', '.join(kind)}.") from None


def _moment(name: str, value: str) -> date | datetime:
    """Return the date that a text is, or the time of day of a date, without a zone."""
    if re.fullmatch(f"{_DATE}T{_TIME_OF_DAY}", value):
        day, _, time_of_day = value.partition("T")
        return datetime.combine(_date(name, day), time.fromisoformat(time_of_day))
    return _date(name, value, ", or with a time of day, such as 2024-03-01T09:30")


def _date(name: str, value: str, or_else: str = "") -> date:
    if re.fullmatch(_DATE, value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if FIRST_DATE <= day <= LAST_DATE:
                return day
            raise InvalidQuery(f"{name} must lie between {FIRST_DATE} and {LAST_DATE}.")
    raise InvalidQuery(f"{name} must be a calendar date written YYYY-MM-DD, such as 2024-03-01{or_else}.")


def _id(name: str, value: str) -> str:
    try:
        return id_text(value)
    except InvalidFact:
        raise InvalidQuery(f"{name} is malformed: an id has 1 to 255 characters and no control characters.") from None


def _ids(name: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_id(name, value) for value in values))
