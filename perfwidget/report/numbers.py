"""The one door to the numbers: report(store, viewer, query) -> Report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from perfwidget.metrics import (
    BY_BUCKET,
    BY_MEMBER,
    DAILY,
    DAILY_CSV,
    METRICS,
    WHOLE,
    Metric,
    Number,
    Rules,
    Section,
)
from perfwidget.question import access
from perfwidget.question.access import Scope, ScopedQuery, Viewer
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.question.query import Query
from perfwidget.stores.answering import Numbers
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Point:
    """The numbers of one bucket: those that the report CSV gives for every day."""

    bucket: Bucket
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class MemberNumbers:
    """The numbers of one member among several, for the whole period, by the keys of their metrics."""

    user: Profile
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Report:
    """How one member worked over a period, or several together, as far as the viewer may see it.

    `values` maps the key of every metric to its number for the whole period; `series` holds the same for every bucket
    of `grain`, in order and without gaps. Times are in seconds, scores from 0 to 1; None means that there is no value.
    `recorded` maps the kinds of facts that the source records to the instant since when (None: always). `users` are
    the members asked about, none where that is everybody whom the viewer may choose. Of several, `members` holds those
    asked about and whoever has facts in the period, by id.
    """

    users: tuple[Profile, ...]
    members: tuple[MemberNumbers, ...]
    period: Period
    scope: Literal["all"] | tuple[str, ...]
    workspaces: tuple[str, ...]
    projects: tuple[str, ...]
    grain: Grain
    values: Mapping[str, Number]
    series: tuple[Point, ...]
    recorded: Mapping[str, int | None]
    rules: Rules

    @property
    def several(self) -> bool:
        """Whether it speaks of several members together."""
        return len(self.users) != 1

    @property
    def user(self) -> Profile:
        """The one member; raises ValueError where there are several."""
        if self.several:
            raise ValueError("This report is of several members; ask for one.")
        return self.users[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON report; only a report by day has one."""
        self._needs_days()
        several = {
            "users": [_person(each) for each in self.users],
            "members": [{"user": _person(each.user), **self._sections(each.values)} for each in self.members],
        }
        begins, ends = self.period.written
        return {
            "user": None if self.several else _person(self.user),
            **(several if self.several else {}),
            "period": {"from": begins, "to": ends, "timezone": self.period.timezone},
            "scope": self.scope if self.scope == "all" else list(self.scope),
            "filters": {"workspaces": list(self.workspaces), "projects": list(self.projects)},
            **self._sections(self.values),
            "days": [
                {"date": point.bucket.first.isoformat()} | {metric.key: point.values[metric.key] for metric in DAILY}
                for point in self.series
            ],
            "definitions": {metric.key: metric.definition for metric in METRICS},
        }

    def to_json(self) -> str:
        """Return the JSON report as text; equal reports give equal text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the days as a DataFrame indexed by date, one column a daily number, missing values as NA."""
        import pandas as pd  # costs most of a second, and only notebooks ask for it

        self._needs_days()
        frame = pd.DataFrame(
            {metric.key: [point.values[metric.key] for point in self.series] for metric in DAILY},
            index=pd.DatetimeIndex([point.bucket.first for point in self.series], name="date"),
        )
        return frame.convert_dtypes()

    def _sections(self, values: Mapping[str, Number]) -> dict[str, dict[str, Number | str]]:
        """Return numbers by the sections of the JSON report."""
        place = zone(self.period.timezone)
        return {
            section.value: {
                metric.key: metric.written(values[metric.key], place) for metric in METRICS if metric.section is section
            }
            for section in Section
        }

    def _needs_days(self) -> None:
        if self.grain is not Grain.DAY:
            raise ValueError(f"This report is by {self.grain}; ask for one by day.")


def _person(user: Profile) -> dict[str, str | None]:
    return {"id": user.user_id, "email": user.email, "name": user.name}


def report(
    store: Store,
    viewer: Viewer,
    query: Query,
    rules: Rules = Rules(),  # noqa: B008 (immutable)
    grain: Grain = Grain.DAY,
) -> Report:
    """Answer a question for a viewer from one consistent state of the store.

    Raises Forbidden where the viewer may not have the answer, StoreUnavailable where the store does not give it.
    """
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
    answer = reader.answer(asked, [WHOLE, BY_BUCKET, *([BY_MEMBER] if several else [])], buckets)
    recorded = answer.recorded
    [values] = _told(answer.numbers[WHOLE], METRICS, _throughout(recorded), [period.end])
    series = _told(answer.numbers[BY_BUCKET], DAILY_CSV, recorded, [bucket.end for bucket in buckets])
    of_members = _by_member(answer.numbers[BY_MEMBER], METRICS, recorded, period) if several else {}
    users = reader.profiles(asked.scope, sorted({*of_members, *(asked.subjects or ())}))
    return Report(
        users=tuple(users[each] for each in sorted(asked.subjects or ())),
        members=tuple(MemberNumbers(users[each], numbers) for each, numbers in sorted(of_members.items())),
        period=period,
        scope=_named_scope(asked.scope),
        workspaces=asked.workspaces,
        projects=asked.asked_projects,
        grain=grain,
        values=values,
        series=tuple(map(Point, buckets, series)),
        recorded=recorded,
        rules=asked.rules,
    )


def read_members(
    reader: Reader, asked: ScopedQuery, query: Query, metrics: Sequence[Metric] = METRICS
) -> Mapping[str, Mapping[str, Number]]:
    """Map each member asked about, and whoever has facts in the period, to their numbers by the keys of the metrics."""
    period = resolved_period(reader, asked, query)
    answer = reader.answer(asked.during(period), [BY_MEMBER], metrics=metrics)
    return _by_member(answer.numbers[BY_MEMBER], metrics, answer.recorded, period)


def _by_member(
    numbers: Numbers, metrics: Sequence[Metric], recorded: Mapping[str, int | None], period: Period
) -> dict[str, Mapping[str, Number]]:
    told = _told(numbers, metrics, _throughout(recorded), [period.end] * len(numbers.keys))
    return {member: values for (member,), values in zip(numbers.keys, told, strict=True)}


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
