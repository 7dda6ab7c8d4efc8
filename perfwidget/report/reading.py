"""The one door to the numbers: report(store, viewer, …) -> Report."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal

from perfwidget.metrics import (
    BY_BUCKET,
    BY_BUCKET_AND_MEMBER,
    BY_MEMBER,
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
from perfwidget.report.numbers import MemberNumbers, MemberSeries, Point, Previous, Report
from perfwidget.stores.answering import Answer, Numbers
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

MOST_DAYS = 20_000
"""Days of members that are worked out at once."""

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

    The question is a query, or stands in words: a `user` or several, or `members="all"`; the `first` and `last` date;
    and `more` as an address has it, such as `tz="Europe/Berlin"`, `project=["7"]`, `compare="previous"`. Raises
    InvalidQuery where it is none, Forbidden where the viewer may not have the answer, StoreUnavailable where the store
    does not give it.
    """
    if query is None:
        users = [user] if isinstance(user, int | str) else user
        words = {name: [told] if isinstance(told, str) else list(told) for name, told in more.items()}
        ends = {"from": first, "to": last, "members": members}
        once = {name: [str(told)] for name, told in ends.items() if told is not None}
        query = parse({**words, **once, "user": [str(each) for each in users]})
    with store.reading() as reader:
        return read_report(reader, access.scope(viewer, query, reader.standing(viewer, query), rules), query, grain)


def read_report(reader: Reader, asked: ScopedQuery, query: Query, grain: Grain | None = None) -> Report:
    """Answer a scoped question from an open state.

    Without a grain, that of the query or the period is taken, or a coarser one where that has too many buckets.
    """
    period = resolved_period(reader, asked, query)
    asked = asked.during(period)
    grain = grain or period.grain(query.grain)
    buckets = period.buckets(grain)
    several = asked.subject_id is None
    chosen = _chosen(reader, asked) if several else ()
    lined = several and 0 < len(asked.subjects or ()) <= MOST_LINES
    groups = [WHOLE, BY_BUCKET, *([BY_MEMBER] if several else []), *([BY_BUCKET_AND_MEMBER] if lined else [])]
    answer = reader.answer(asked, groups, buckets, members=chosen if query.table.idle else ())
    recorded = answer.recorded
    series = _told(answer.numbers[BY_BUCKET], DAILY, recorded, [bucket.end for bucket in buckets])
    numbers = told_by(BY_MEMBER, answer, METRICS, period) if several else {}
    active = {member for member, values in numbers.items() if works(values)}
    shown = numbers if query.table.idle else {member: numbers[member] for member in numbers if member in active}
    users = reader.profiles(asked.scope, sorted({*shown, *(asked.subjects or ())}))
    before = previous(period, query.preset) if query.compare else None
    return Report(
        users=tuple(users[each] for each in sorted(asked.subjects or ())),
        members=tuple(MemberNumbers(users[each], values) for each, values in sorted(shown.items())),
        without_activity=len(set(chosen) - active),
        asked_about=len({*chosen, *active}) if several else 1,
        period=period,
        scope=_named_scope(asked.scope),
        workspaces=asked.workspaces,
        projects=asked.asked_projects,
        grain=grain,
        values=_of_whole(answer, period),
        series=tuple(map(Point, buckets, series)),
        recorded=recorded,
        rules=asked.rules,
        compares=query.compare,
        previous=None if before is None else _previous(reader, asked.during(before), before),
        lines=_lines(answer, buckets, users) if lined else (),
    )


def read_members(
    reader: Reader, asked: ScopedQuery, query: Query, metrics: Sequence[Metric] = METRICS
) -> Mapping[str, Mapping[str, Number]]:
    """Map each member asked about, and whoever has facts in the period, to their numbers by the keys of the metrics."""
    period = resolved_period(reader, asked, query)
    return told_by(BY_MEMBER, reader.answer(asked.during(period), [BY_MEMBER], metrics=metrics), metrics, period)


def read_days(reader: Reader, asked: ScopedQuery, query: Query) -> Iterator[tuple[Profile, Sequence[Point]]]:
    """Yield the days of each member with activity, by id, or of all where the question wants that; of one in any case.

    The question has the dates of its period.
    """
    buckets = asked.dated.buckets(Grain.DAY)
    members = iter(_with_days(reader, asked, query))
    while some := list(islice(members, max(1, MOST_DAYS // len(buckets)))):
        users = reader.profiles(asked.scope, some)
        answer = reader.answer(asked.among(some), [BY_BUCKET_AND_MEMBER], buckets, DAILY)
        days = _by_bucket_and_member(answer, buckets)
        for member in some:
            yield users[member], [days[place, member] for place in range(len(buckets))]


def _by_bucket_and_member(answer: Answer, buckets: Sequence[Bucket]) -> Mapping[tuple[int, str], Point]:
    """Map the place of each bucket and each member's id to the numbers of a day."""
    numbers = answer.numbers[BY_BUCKET_AND_MEMBER]
    ends = [buckets[place].end for place, _ in numbers.keys]
    told = zip(numbers.keys, _told(numbers, DAILY, answer.recorded, ends), strict=True)
    return {(place, member): Point(buckets[place], values) for (place, member), values in told}


def _lines(answer: Answer, buckets: Sequence[Bucket], users: Mapping[str, Profile]) -> tuple[MemberSeries, ...]:
    """Return the series of each of few members, by id."""
    points, places = _by_bucket_and_member(answer, buckets), range(len(buckets))
    members = sorted({member for _, member in points})
    return tuple(MemberSeries(users[each], tuple(points[place, each] for place in places)) for each in members)


def _with_days(reader: Reader, asked: ScopedQuery, query: Query) -> Sequence[str]:
    if asked.subject_id is not None:
        return [asked.subject_id]
    if query.table.idle:
        return sorted(_chosen(reader, asked))
    members = read_members(reader, asked, query)
    return sorted(member for member, values in members.items() if works(values))


def _chosen(reader: Reader, asked: ScopedQuery) -> Collection[str]:
    """Return the ids of all members that several are."""
    return reader.member_ids(asked.scope) if asked.subjects is None else asked.subjects


def _previous(reader: Reader, asked: ScopedQuery, period: Period) -> Previous:
    several = asked.subject_id is None
    answer = reader.answer(asked, [WHOLE, *([BY_MEMBER] if several else [])])
    numbers = told_by(BY_MEMBER, answer, METRICS, period) if several else {}
    active = {member: values for member, values in sorted(numbers.items()) if works(values)}
    users = reader.profiles(asked.scope, list(active))
    members = tuple(MemberNumbers(users[member], values) for member, values in active.items())
    return Previous(period, _of_whole(answer, period), members)


_ADDED_UP = (Unit.COUNT, Unit.SECONDS)


def works(values: Mapping[str, Number]) -> bool:
    """Say whether a member has activity, or a project has theirs: a count or time above 0, or any share or instant."""
    return any(
        value is not None and (metric.unit not in _ADDED_UP or value != 0)
        for metric, value in ((metric, values[metric.key]) for metric in METRICS)
    )


def _of_whole(answer: Answer, period: Period) -> Mapping[str, Number]:
    [values] = _told(answer.numbers[WHOLE], METRICS, _throughout(answer.recorded), [period.end])
    return values


def told_by(group: Group, answer: Answer, metrics: Sequence[Metric], period: Period) -> dict[str, Mapping[str, Number]]:
    """Map each member or project of an answer, as the group says, to its numbers by the keys of the metrics."""
    numbers = answer.numbers[group]
    told = _told(numbers, metrics, _throughout(answer.recorded), [period.end] * len(numbers.keys))
    return {key: values for (key,), values in zip(numbers.keys, told, strict=True)}


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


def _throughout(recorded: Mapping[str, int | None]) -> Mapping[str, int | None]:
    """Return what is recorded as whole periods have it: of visits a number wherever they are recorded at all."""
    return {kind: None if kind == "review_visits" else since for kind, since in recorded.items()}


def _told(
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


def _named_scope(scope: Scope) -> Literal["all"] | tuple[str, ...]:
    return "all" if scope.projects is None else tuple(sorted(scope.projects))
