"""What is asked: a Query, parsed from an address, a form or the command line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from urllib.parse import urlencode

from perfwidget.errors import InvalidQuery
from perfwidget.question import parameters
from perfwidget.question.behind import Behind, parse_rows
from perfwidget.question.parameters import Given
from perfwidget.question.period import DEFAULT_MAX_DAYS, Grain, Period, Preset, preset_dates, zone
from perfwidget.question.table import TABLE_NAMES, Table, parse_table

DEFAULT_PRESET = Preset.LAST_30_DAYS
DEFAULT_TIMEZONE = "UTC"

MOST_USERS = 200
"""Members that may be asked for one by one."""

LONGEST_ADDRESS = 3_900
"""Bytes that they may take in an address: servers on the way refuse longer ones without a sentence."""


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

    `users` are the members asked about; `everybody` is all whom the viewer may choose. With neither, they are those on
    whom the viewer's role lands (`access.scope`).
    Empty `workspaces` and `projects` are no filter. `period` None means all time up to `today`; its first date is
    that of the first fact in scope. `grain` None leaves the choice to the period. `compare` asks for the previous
    period as well.
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
    rows: Behind | None = None
    compare: bool = False
    table: Table = Table()  # noqa: RUF009 (immutable)


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
    given = parameters.given(asked)
    timezone = parameters.one(given, "tz") or timezone
    today = (now or datetime.now(UTC)).astimezone(zone(timezone)).date()
    users, everybody = _members(given)
    named = parameters.one(given, "rows")
    period, preset = _period(given, timezone, today, max_period_days)
    return Query(
        users=users,
        everybody=everybody,
        workspaces=parameters.ids("workspace", given),
        projects=parameters.ids("project", given),
        period=period,
        preset=preset,
        timezone=timezone,
        today=today,
        entry=parameters.choice(Entry, "entry", given),
        grain=parameters.choice(Grain, "grain", given),
        statistic=parameters.choice(Statistic, "statistic", given) or Statistic.AVERAGE,
        theme=parameters.choice(Theme, "theme", given),
        rows=None if named is None else parse_rows(named),
        compare=parameters.flag("compare", "previous", given),
        table=parse_table(given) if given.keys() & TABLE_NAMES else Table(),
    )


def _members(given: Given) -> tuple[tuple[str, ...], bool]:
    users, everybody = parameters.ids("user", given), parameters.flag("members", "all", given)
    if users and everybody:
        raise InvalidQuery("user and members do not go together; leave one of them out.")
    if len(users) > MOST_USERS or len(urlencode([("user", user) for user in users])) > LONGEST_ADDRESS:
        raise InvalidQuery(
            f"At most {MOST_USERS} members can be asked for by name; ask for everybody in a project instead."
        )
    return users, everybody


def _period(given: Given, timezone: str, today: date, max_period_days: int) -> tuple[Period | None, Preset | None]:
    first, last = parameters.one(given, "from"), parameters.one(given, "to")
    preset = parameters.choice(Preset, "preset", given)
    if (first is None) != (last is None):
        raise InvalidQuery("from and to go together; give both of them, or a preset instead.")
    if first is not None and last is not None:
        period = _between(parameters.moment("from", first), parameters.moment("to", last), timezone)
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
