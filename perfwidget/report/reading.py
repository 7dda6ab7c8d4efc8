"""The one door to the numbers: report(store, viewer, …) -> Report."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from perfwidget.metrics import (
    BY_BUCKET,
    BY_BUCKET_AND_MEMBER,
    BY_KEY,
    BY_MEMBER,
    BY_PROJECT,
    DAILY,
    METRICS,
    WHOLE,
    Group,
    Metric,
    Number,
    Rules,
    Unit,
)
from perfwidget.question import access
from perfwidget.question.access import Scope, ScopedQuery, Viewer
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.question.previous import previous
from perfwidget.question.query import Query, parse
from perfwidget.report.numbers import MemberNumbers, MemberSeries, Point, Previous, ProjectNumbers, Report
from perfwidget.stores.answering import Answer, Numbers
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

MOST_LINES = 5
"""Members whose lines can be told apart in a graph."""


def report(
    store: Store,
    viewer: Viewer,
    query: Query | None = None,
    rules: Rules = Rules(),  # noqa: B008 (immutable)
    grain: Grain = Grain.DAY,
    *,
    user: int | str | Iterable[int | str] = (),
    members: Literal["all"] | None = None,
    first: date | str | None = None,
    last: date | str | None = None,
    **more: str | Sequence[str],
) -> Report:
    """Answer a question for a viewer from one consistent state of the store.

    The question is a query, or stands in words: a `user` or several, or `members="all"`, and the `first` and `last`
    date. `more` is as an address has it, such as `tz="Europe/Berlin"`, `project=["7"]`, `compare="previous"`. Raises
    InvalidQuery where it is none, and Forbidden where the viewer may not have the answer. Raises StoreUnavailable where
    the store does not give it.
    """
    if query is None:
        users = [user] if isinstance(user, int | str) else user
        words = {name: [told] if isinstance(told, str) else list(told) for name, told in more.items()}
        ends = {"from": first, "to": last, "members": members}
        once = {name: [str(told)] for name, told in ends.items() if told is not None}
        query = parse({**words, **once, "user": [str(each) for each in users]})
    with store.reading() as reader:
        asked = access.scope(viewer, query, reader.standing(viewer, query), rules)
        answer = read_report(reader, asked, query, grain)
        return replace(answer, by_project=tuple(projects_of(reader, asked.during(answer.period))))


def read_report(
    reader: Reader,
    asked: ScopedQuery,
    query: Query,
    grain: Grain | None = None,
    *,
    series: Sequence[Metric] = DAILY,
    earlier_members: bool = True,
) -> Report:
    """Answer a scoped question from an open state.

    Without a grain, that of the query or the period is taken, or a coarser one where that has too many buckets. Who
    shows few numbers of a bucket names them (`series`). Who shows few members can do without those of the period before
    (`earlier_members`), and ask for theirs by `team.read_earlier`.
    """
    period = resolved_period(reader, asked, query)
    asked = asked.during(period)
    grain = grain or period.grain(query.grain)
    buckets = period.buckets(grain)
    several = asked.subject_id is None
    chosen = chosen_members(reader, asked) if several else ()
    whole = series is DAILY
    lined = whole and several and 0 < len(asked.subjects or ()) <= MOST_LINES
    groups = [WHOLE, *([BY_MEMBER] if several else []), *([BY_BUCKET_AND_MEMBER] if lined else [])]
    answer = reader.answer(asked, [*groups, *([BY_BUCKET] if whole else [])], buckets)
    by_bucket = answer if whole else reader.answer(asked, [BY_BUCKET], buckets, series)
    recorded = answer.recorded
    points = values_of(by_bucket.numbers[BY_BUCKET], series, recorded, [bucket.end for bucket in buckets])
    more = chosen if query.table.idle else ()
    numbers = told_by(BY_MEMBER, answer, METRICS, period, more) if several else {}
    active = active_in(BY_MEMBER, answer, period) if several else []
    shown = sorted(numbers) if query.table.idle else active
    users = reader.profiles(asked.scope, {*shown, *(asked.subjects or ())})
    before = previous(period, query.preset) if query.compare else None
    return Report(
        users=tuple(users[each] for each in sorted(asked.subjects or ())),
        members=tuple(MemberNumbers(users[each], numbers[each]) for each in shown),
        without_activity=len(set(chosen).difference(active)),
        asked_about=len({*chosen, *active}) if several else 1,
        period=period,
        scope=_named_scope(asked.scope),
        workspaces=asked.workspaces,
        projects=asked.asked_projects,
        grain=grain,
        values=of_whole(answer, period),
        series=tuple(map(Point, buckets, points)),
        recorded=recorded,
        rules=asked.rules,
        compares=query.compare,
        previous=None
        if before is None
        else _previous(reader, asked.during(before), shown if earlier_members else None),
        lines=_lines(answer, buckets, users) if lined else (),
    )


def projects_of(reader: Reader, asked: ScopedQuery) -> Sequence[ProjectNumbers]:
    """Return each project with activity, as a report of it alone has it, in the order of their ids."""
    answer = reader.answer(asked.apart(), [BY_PROJECT])
    numbers = told_by(BY_PROJECT, answer, METRICS, asked.dated)
    active = active_in(BY_PROJECT, answer, asked.dated)
    titles = reader.project_titles(asked.scope, active)
    return [ProjectNumbers(each, titles[each], numbers[each], None) for each in active]


def days_of_members(answer: Answer, buckets: Sequence[Bucket]) -> Mapping[tuple[int, str], Point]:
    """Map the place of each bucket and each member's id to the numbers of a day."""
    numbers = answer.numbers[BY_BUCKET_AND_MEMBER]
    ends = [buckets[place].end for place, _ in numbers.keys]
    told = zip(numbers.keys, values_of(numbers, DAILY, answer.recorded, ends), strict=True)
    return {(place, member): Point(buckets[place], values) for (place, member), values in told}


def _lines(answer: Answer, buckets: Sequence[Bucket], users: Mapping[str, Profile]) -> tuple[MemberSeries, ...]:
    """Return the series of each of few members, by id."""
    points, places = days_of_members(answer, buckets), range(len(buckets))
    members = sorted({member for _, member in points})
    return tuple(MemberSeries(users[each], tuple(points[place, each] for place in places)) for each in members)


def chosen_members(reader: Reader, asked: ScopedQuery) -> Collection[str]:
    """Return the ids of all members that several are."""
    return reader.member_ids(asked.scope) if asked.subjects is None else asked.subjects


def _previous(reader: Reader, asked: ScopedQuery, shown: Collection[str] | None) -> Previous:
    several, period = asked.subject_id is None and shown is not None, asked.dated
    answer = reader.answer(asked, [WHOLE, *([BY_MEMBER] if several else [])])
    numbers = told_by(BY_MEMBER, answer, METRICS, period, shown or ()) if several else {}
    told = {*(shown or ()), *(active_in(BY_MEMBER, answer, period) if several else ())}
    users = reader.profiles(asked.scope, told)
    return Previous(
        period, of_whole(answer, period), tuple(MemberNumbers(users[each], numbers[each]) for each in sorted(told))
    )


def resolved_period(reader: Reader, asked: ScopedQuery, query: Query) -> Period:
    """Return the question's period; all time begins with the first fact in scope and ends today."""
    if asked.period is not None:
        return asked.period
    first = reader.first_instant(asked)
    today = query.today
    if first is None:
        return Period(today, today, query.timezone)
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=first)
    return Period(min(instant.astimezone(zone(query.timezone)).date(), today), today, query.timezone)


def _named_scope(scope: Scope) -> Literal["all"] | tuple[str, ...]:
    return "all" if scope.projects is None else tuple(sorted(scope.projects))


# -- From what an engine adds up to the values of metrics: of the whole, of buckets, of members, of projects -----------


def of_whole(answer: Answer, period: Period) -> Mapping[str, Number]:
    """Return the numbers of all that was asked for together."""
    [values] = values_of(answer.numbers[WHOLE], METRICS, throughout(answer.recorded), [period.end])
    return values


def told_by(
    group: Group, answer: Answer, metrics: Sequence[Metric], period: Period, more: Iterable[str] = ()
) -> dict[str, Mapping[str, Number]]:
    """Map each member or project of an answer, as the group says, and some more to its numbers."""
    numbers, recorded = answer.numbers[group], throughout(answer.recorded)
    [nothing] = values_of(Numbers([()], numbers.nothing, {}), metrics, recorded, [period.end])
    columns = _Columns(numbers, recorded, period)
    there = {key: _Row(columns, metrics, place) for place, (key,) in enumerate(numbers.keys)}
    return {**dict.fromkeys(more, nothing), **there}


_ADDED_UP = (Unit.COUNT, Unit.SECONDS)


def active_in(group: Group, answer: Answer, period: Period) -> list[str]:
    """Return the members or projects of an answer, as the group says, with activity: by id.

    That is a count or time above 0, or any share or instant. The first number tells of nearly everybody, so that the
    others are worked out for few.
    """
    numbers, recorded = answer.numbers[group], throughout(answer.recorded)
    active = set(numbers.keys)
    for metrics in (METRICS[:1], METRICS[1:]):
        columns = _Columns(numbers, recorded, period)
        idle: Sequence[int] = range(len(numbers.keys))
        for metric in metrics:
            column, nothing = columns[metric.key], (None, 0) if metric.unit in _ADDED_UP else (None,)
            idle = [place for place in idle if column[place] in nothing]
        numbers = numbers.at(idle)
    return sorted(key for (key,) in active.difference(numbers.keys))


def apart(values: Mapping[str, Number]) -> Mapping[str, Number]:
    """Return the same numbers of somebody; what is asked of these is worked out for nobody else."""
    return values.apart() if isinstance(values, _Row) else values


class _Columns(dict[str, Sequence[Number]]):
    """Numbers of groups by the keys of metrics, each worked out once it is asked for: most never are."""

    def __init__(self, numbers: Numbers, recorded: Mapping[str, int | None], period: Period) -> None:
        super().__init__()
        self._numbers, self._recorded, self._period = numbers, recorded, period
        self._ends = [period.end] * len(numbers.keys)

    def at(self, place: int) -> "_Columns":
        """Return the numbers of one group."""
        return _Columns(self._numbers.at([place]), self._recorded, self._period)

    def __missing__(self, key: str) -> Sequence[Number]:
        values = BY_KEY[key].formula.values(self._numbers.aggregates)
        self[key] = column = _known(BY_KEY[key], values, self._recorded, self._ends)
        return column


class _Row(Mapping[str, Number]):
    """A row of some columns."""

    __slots__ = ("_columns", "_metrics", "_place")

    def __init__(self, columns: _Columns, metrics: Sequence[Metric], place: int) -> None:
        self._columns, self._metrics, self._place = columns, metrics, place

    def __getitem__(self, key: str) -> Number:
        return self._columns[key][self._place]

    def apart(self) -> "_Row":
        """Return the row as the only one of columns of its own."""
        return _Row(self._columns.at(self._place), self._metrics, 0)

    def __iter__(self) -> Iterator[str]:
        return (metric.key for metric in self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


def throughout(recorded: Mapping[str, int | None]) -> Mapping[str, int | None]:
    """Return what is recorded as whole periods have it: of visits a number wherever they are recorded at all."""
    return {kind: None if kind == "review_visits" else since for kind, since in recorded.items()}


def values_of(
    numbers: Numbers, metrics: Sequence[Metric], recorded: Mapping[str, int | None], ends: Sequence[int]
) -> list[dict[str, Number]]:
    """Return the values of metrics for each group: none of what is not recorded, or was not before a group's end."""
    columns = [_known(metric, metric.formula.values(numbers.aggregates), recorded, ends) for metric in metrics]
    keys = [metric.key for metric in metrics]
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def _known(
    metric: Metric, values: list[Number], recorded: Mapping[str, int | None], ends: Sequence[int]
) -> list[Number]:
    if metric.needs is None:
        return values
    if metric.needs not in recorded:
        return [None] * len(values)
    since = recorded[metric.needs]
    if since is None:
        return values
    return [None if end <= since and not value else value for value, end in zip(values, ends, strict=True)]
