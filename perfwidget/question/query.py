"""What is asked: a Query, parsed from an address, a form or the command line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from perfwidget.errors import InvalidFact, InvalidQuery
from perfwidget.facts.columns import id_text
from perfwidget.metrics import BY_KEY
from perfwidget.question.behind import Behind
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
from perfwidget.question.table import LONGEST_SEARCH, MEMBER, SIZES, TABLE_NAMES, Table, TableTab

DEFAULT_PRESET = Preset.LAST_30_DAYS
DEFAULT_TIMEZONE = "UTC"

MOST_USERS = 200
"""Members that may be asked for one by one."""

LONGEST_ADDRESS = 3_900
"""Bytes that they may take in an address: servers on the way refuse longer ones without a sentence."""

MOST_DIGITS = 9
"""Of a number in an address: Python refuses to read one of thousands."""

Given = Mapping[str, list[str]]
"""The values of each name, without empty ones."""

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
    given = _given(asked)
    timezone = _one(given, "tz") or timezone
    today = (now or datetime.now(UTC)).astimezone(zone(timezone)).date()
    users, everybody = _members(given)
    named = _one(given, "rows")
    period, preset = _period(given, timezone, today, max_period_days)
    return Query(
        users=users,
        everybody=everybody,
        workspaces=_ids("workspace", given),
        projects=_ids("project", given),
        period=period,
        preset=preset,
        timezone=timezone,
        today=today,
        entry=_choice(Entry, "entry", given),
        grain=_choice(Grain, "grain", given),
        statistic=_choice(Statistic, "statistic", given) or Statistic.AVERAGE,
        theme=_choice(Theme, "theme", given),
        rows=None if named is None else _rows(named),
        compare=_flag("compare", "previous", given),
        table=_table(given) if given.keys() & TABLE_NAMES else Table(),
    )


def _members(given: Given) -> tuple[tuple[str, ...], bool]:
    users, everybody = _ids("user", given), _flag("members", "all", given)
    if users and everybody:
        raise InvalidQuery("user and members do not go together; leave one of them out.")
    if len(users) > MOST_USERS or len(urlencode([("user", user) for user in users])) > LONGEST_ADDRESS:
        raise InvalidQuery(
            f"At most {MOST_USERS} members can be asked for by name; ask for everybody in a project instead."
        )
    return users, everybody


def _period(given: Given, timezone: str, today: date, max_period_days: int) -> tuple[Period | None, Preset | None]:
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


def _table(given: Given) -> Table:
    """Return the table that an address asks for; raises InvalidQuery."""
    sort = _one(given, "sort") or MEMBER
    key = sort.removeprefix("-")
    if key != MEMBER and key not in BY_KEY:
        raise InvalidQuery("sort must be member or the key of a number, with - in front for the largest first.")
    columns = (_one(given, "columns") or "").split(",")
    if columns != [""] and not set(columns) <= BY_KEY.keys():
        raise InvalidQuery("columns must be keys of numbers with commas between them; choose them on the page.")
    search = (_one(given, "search") or "").strip()
    if len(search) > LONGEST_SEARCH:
        raise InvalidQuery(f"search may have at most {LONGEST_SEARCH} characters; look for a part of the name.")
    size = _number("size", given)
    if size is not None and size not in SIZES:
        raise InvalidQuery(f"size must be one of {', '.join(map(str, SIZES))}.")
    _one(given, "open")  # refuses two
    return Table(
        tab=_choice(TableTab, "tab", given) or TableTab.ANNOTATIONS,
        sort=key,
        descending=sort.startswith("-"),
        page=_number("page", given),
        size=size,
        columns=tuple(dict.fromkeys(filter(None, columns))),
        idle=_flag("idle", "show", given),
        search=search,
        open=next(iter(_ids("open", given)), None),
    )


def _number(name: str, given: Given) -> int | None:
    value = _one(given, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS and int(value)):
        raise InvalidQuery(f"{name} must be a whole number from 1 on.")
    return int(value)


def parse_behind(asked: Mapping[str, Iterable[str]]) -> Behind:
    """Return the number that a download's `metric` and `date` name; raises InvalidQuery."""
    given = _given(asked)
    return _behind(_one(given, "metric"), _one(given, "date"))


def _rows(named: str) -> Behind:
    """Return the number that the page's `rows` names, written `metric` or `metric@date`; raises InvalidQuery."""
    metric, _, day = named.partition("@")
    if metric not in BY_KEY:
        raise InvalidQuery("rows names no number of this page; choose one on the page.")
    return _behind(metric, day or None)


def _behind(key: str | None, day: str | None) -> Behind:
    if key is None or key not in BY_KEY:
        raise InvalidQuery(f"metric must be one of {', '.join(BY_KEY)}.")
    return Behind(BY_KEY[key], None if day is None else _day("date", day))


# -- One parameter at a time: what each may hold, and the sentence where it does not -----------------------------------


def _given(asked: Mapping[str, Iterable[str]]) -> Given:
    """Return what an address gives; an empty value is none."""
    return {name: [value for value in values if value != ""] for name, values in asked.items()}


def _one(given: Given, name: str) -> str | None:
    """Return the value of a name that may be given once."""
    values = given.get(name, [])
    if len(set(values)) > 1:
        raise InvalidQuery(f"{name} may be given once only; the address has {len(values)} of them.")
    return values[0] if values else None


def _choice(kind: type[_Choice], name: str, given: Given) -> _Choice | None:
    """Return the word of a kind that a name holds."""
    value = _one(given, name)
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError:
        raise InvalidQuery(f"{name} must be one of {', '.join(kind)}.") from None


def _flag(name: str, word: str, given: Given) -> bool:
    """Say whether a name holds its only word."""
    value = _one(given, name)
    if value not in (None, word):
        raise InvalidQuery(f"{name} must be {word}, or left out.")
    return value is not None


def _ids(name: str, given: Given) -> tuple[str, ...]:
    """Return the ids that a name holds, each once."""
    try:
        return tuple(dict.fromkeys(map(id_text, given.get(name, []))))
    except InvalidFact:
        raise InvalidQuery(f"{name} is malformed: an id has 1 to 255 characters and no control characters.") from None


def _moment(name: str, value: str) -> date | datetime:
    """Return the date that a text is, or the time of day of a date, without a zone."""
    if re.fullmatch(f"{_DATE}T{_TIME_OF_DAY}", value):
        date_text, _, time_of_day = value.partition("T")
        return datetime.combine(_day(name, date_text), time.fromisoformat(time_of_day))
    return _day(name, value, ", or with a time of day, such as 2024-03-01T09:30")


def _day(name: str, value: str, or_else: str = "") -> date:
    """Return the date that a text is."""
    if re.fullmatch(_DATE, value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if FIRST_DATE <= found <= LAST_DATE:
                return found
            raise InvalidQuery(f"{name} must lie between {FIRST_DATE} and {LAST_DATE}.")
    raise InvalidQuery(f"{name} must be a calendar date written YYYY-MM-DD, such as 2024-03-01{or_else}.")
