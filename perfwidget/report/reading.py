"""The one door to the numbers: report(store, viewer, …) -> Report."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal

from perfwidget.metrics import (
    BY_BUCKET,
    BY_BUCKET_AND_MEMBER,
    BY_MEMBER,
    BY_PROJECT,
    DAILY,
    METRICS,
    WHOLE,
    Metric,
    Number,
    Rules,
)
from perfwidget.question import access
from perfwidget.question.access import Scope, ScopedQuery, Viewer
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.question.previous import previous
from perfwidget.question.query import Query, parse
from perfwidget.report.numbers import MemberNumbers, MemberSeries, Point, Previous, ProjectNumbers, Report
from perfwidget.report.values import active_in, of_whole, told_by, values_of
from perfwidget.stores.answering import Answer
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
        return replace(answer, by_project=_by_project(reader, asked.during(answer.period)))


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
    (`earlier_members`), and ask for theirs by `read_earlier`.
    """
    period = resolved_period(reader, asked, query)
    asked = asked.during(period)
    grain = grain or period.grain(query.grain)
    buckets = period.buckets(grain)
    several = asked.subject_id is None
    chosen = _chosen(reader, asked) if several else ()
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


def _by_project(reader: Reader, asked: ScopedQuery) -> tuple[ProjectNumbers, ...]:
    """Return each project with activity, as a report of it alone has it."""
    answer = reader.answer(asked.apart(), [BY_PROJECT])
    numbers = told_by(BY_PROJECT, answer, METRICS, asked.dated)
    active = active_in(BY_PROJECT, answer, asked.dated)
    titles = reader.project_titles(asked.scope, active)
    return tuple(ProjectNumbers(each, titles[each], numbers[each], None) for each in active)


def read_members(
    reader: Reader, asked: ScopedQuery, query: Query, metrics: Sequence[Metric] = METRICS
) -> Mapping[str, Mapping[str, Number]]:
    """Map each member asked about, and whoever has facts in the period, to their numbers by the keys of the metrics."""
    period = resolved_period(reader, asked, query)
    return told_by(BY_MEMBER, reader.answer(asked.during(period), [BY_MEMBER], metrics=metrics), metrics, period)


def read_days(reader: Reader, asked: ScopedQuery, query: Query) -> Iterator[tuple[Profile, Sequence[Point]]]:
    """Yield the days of each member with activity, by id, or of all where the question wants that. One has days in any
    case.

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
    told = zip(numbers.keys, values_of(numbers, DAILY, answer.recorded, ends), strict=True)
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
    return active_in(BY_MEMBER, reader.answer(asked, [BY_MEMBER]), asked.dated)


def _chosen(reader: Reader, asked: ScopedQuery) -> Collection[str]:
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


def read_earlier(
    reader: Reader, asked: ScopedQuery, period: Period, members: Collection[str]
) -> Mapping[str, Mapping[str, Number]]:
    """Map some of those who are asked about to their numbers in a period before, by the keys of the metrics."""
    if not members:
        return {}
    answer = reader.answer(asked.among(members).during(period), [BY_MEMBER])
    return told_by(BY_MEMBER, answer, METRICS, period)


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
