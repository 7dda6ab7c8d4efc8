"""The one door to the numbers: report(store, viewer, query) -> Report."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from perfwidget.metrics import METRICS, Aggregates, Metric, Number, Rules, Section
from perfwidget.question import access
from perfwidget.question.access import Scope, ScopedQuery, Viewer
from perfwidget.question.period import Bucket, Grain, Period, zone
from perfwidget.question.query import Query
from perfwidget.stores.protocol import Profile, Reader, Store

if TYPE_CHECKING:
    import pandas as pd

SERIES = tuple(metric for metric in METRICS if metric.daily or metric.key == "performance_score")
"""The numbers of a bucket: the report CSV has the performance score by day too."""

IMPLIED_BY = {
    "reviews": (
        "reviews_accepted",
        "reviews_rejected",
        "reviews_fixed_and_accepted",
        "rejected",
        "fixes_without_score",
        "other_reviews",
    ),
    "review_visits": ("review_time", "unusable_visits"),
}
"""Numbers that show, where they are not 0, that a kind is recorded although the source does not say so."""


@dataclass(frozen=True, slots=True)
class Point:
    """The numbers of one bucket: those that the report gives for every day, and performance_score."""

    bucket: Bucket
    values: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Report:
    """How one member worked over a period, as far as the viewer may see it.

    `values` maps the key of every metric to its number for the whole period; `series` holds the same for every bucket
    of `grain`, in order and without gaps. Times are in seconds, scores from 0 to 1; None means that there is no value.
    `recorded` maps the kinds of facts that the source records to the instant since when (None: always).
    """

    user: Profile
    period: Period
    scope: Literal["all"] | tuple[str, ...]
    workspaces: tuple[str, ...]
    projects: tuple[str, ...]
    grain: Grain
    values: Mapping[str, Number]
    series: tuple[Point, ...]
    recorded: Mapping[str, int | None]
    rules: Rules

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON report; only a report by day has one."""
        self._needs_days()
        sections = {
            section.value: {metric.key: self.values[metric.key] for metric in METRICS if metric.section is section}
            for section in Section
            if section is not Section.PAGE_ONLY
        }
        begins, ends = self.period.written
        return {
            "user": {"id": self.user.user_id, "email": self.user.email, "name": self.user.name},
            "period": {"from": begins, "to": ends, "timezone": self.period.timezone},
            "scope": self.scope if self.scope == "all" else list(self.scope),
            "filters": {"workspaces": list(self.workspaces), "projects": list(self.projects)},
            **sections,
            "days": [
                {"date": point.bucket.first.isoformat()} | {key: point.values[key] for key in DAILY_KEYS}
                for point in self.series
            ],
            "definitions": {
                metric.key: metric.definition for metric in METRICS if metric.section is not Section.PAGE_ONLY
            },
        }

    def to_json(self) -> str:
        """Return the JSON report as text; equal reports give equal text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, allow_nan=False)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the days as a DataFrame indexed by date, one column a daily number, missing values as NA."""
        import pandas as pd  # costs most of a second, and only notebooks ask for it

        self._needs_days()
        frame = pd.DataFrame(
            {key: [point.values[key] for point in self.series] for key in DAILY_KEYS},
            index=pd.DatetimeIndex([point.bucket.first for point in self.series], name="date"),
        )
        return frame.convert_dtypes()

    def _needs_days(self) -> None:
        if self.grain is not Grain.DAY:
            raise ValueError(f"This report is by {self.grain}; ask for one by day.")


DAILY_KEYS = (
    "submitted_annotations",
    "submitted",
    "updated",
    "skipped",
    "total_time",
    "total_time_median",
    "time_per_annotation_median",
    "time_per_annotation_average",
    "reviews_accepted",
    "reviews_rejected",
    "reviews_fixed_and_accepted",
    "review_time",
)
"""The numbers of a day in the JSON report, in its order."""


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
    """Answer a scoped question from an open state; without a grain, the query's or else the period's own is taken."""
    period = resolved_period(reader, asked, query)
    asked = asked.during(period)
    grain = grain or query.grain or period.default_grain()
    buckets = period.buckets(grain)
    answer = reader.answer(asked, buckets)
    whole = _numbers(answer.total, METRICS)
    recorded = dict(answer.recorded)
    recorded |= {
        kind: None for kind, keys in IMPLIED_BY.items() if kind not in recorded and any(whole[key][0] for key in keys)
    }
    if whole["performance_score"][0] is not None:
        recorded.setdefault("reviews", None)
    values = _known(whole, METRICS, recorded, [math.inf])
    series = _known(_numbers(answer.buckets, SERIES), SERIES, recorded, [bucket.end for bucket in buckets])
    rows = (dict(zip(series, row, strict=True)) for row in zip(*series.values(), strict=True))
    points = tuple(map(Point, buckets, rows))
    return Report(
        user=reader.profile(asked),
        period=period,
        scope=_named_scope(asked.scope),
        workspaces=asked.workspaces,
        projects=asked.asked_projects,
        grain=grain,
        values={key: number for key, [number] in values.items()},
        series=points,
        recorded=recorded,
        rules=asked.rules,
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


def _numbers(aggregates: Aggregates, metrics: Iterable[Metric]) -> dict[str, list[Number]]:
    return {metric.key: metric.formula.values(aggregates) for metric in metrics}


def _known(
    numbers: dict[str, list[Number]],
    metrics: Iterable[Metric],
    recorded: Mapping[str, int | None],
    ends: Sequence[float],
) -> dict[str, list[Number]]:
    """Take away the numbers of what the source does not record, or did not yet record before the `ends` of buckets."""
    for metric in metrics:
        if metric.kind is None:
            continue
        if metric.kind not in recorded:
            numbers[metric.key] = [None] * len(ends)
        elif (since := recorded[metric.kind]) is not None:
            pairs = zip(numbers[metric.key], ends, strict=True)
            numbers[metric.key] = [None if end <= since and not number else number for number, end in pairs]
    return numbers


def _named_scope(scope: Scope) -> Literal["all"] | tuple[str, ...]:
    return "all" if scope.projects is None else tuple(sorted(scope.projects))
