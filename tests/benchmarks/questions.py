"""What people ask of the page, and what an answer is: the same numbers from everybody who is compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import isclose, isnan
from typing import NamedTuple

from perfwidget import Viewer
from perfwidget.metrics import BY_KEY, DAILY, METRICS, Number
from perfwidget.question.access import scope
from perfwidget.question.period import Grain, Period
from perfwidget.question.query import Query, parse
from perfwidget.report import Report, read_report
from perfwidget.stores import Store
from tests.benchmarks.world import FIRST_DAY, FIRST_PROJECT, LAST_DAY, World
from tests.worlds import ORGANIZATION

TIMEZONE = "Europe/Berlin"
PERIODS = (
    Period(LAST_DAY - timedelta(days=89), LAST_DAY, TIMEZONE),
    Period(LAST_DAY - timedelta(days=179), LAST_DAY - timedelta(days=90), TIMEZONE),
)
"""The ninety days that a page opens with, and those that people change to."""
TOTALS = tuple(metric.key for metric in METRICS)
DAILY = tuple(metric.key for metric in DAILY)


class Answer(NamedTuple):
    """Every number of the page: for the whole period, and for each bar that is not empty, by its first date."""

    total: Mapping[str, Number]
    bars: Mapping[date, Mapping[str, Number]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, in our words and in those that everybody else needs."""

    name: str
    says: str
    viewer: Viewer
    member: str
    period: Period
    projects: tuple[str, ...] | None
    """The projects in the viewer's scope; None is all of the organization."""

    @property
    def parameters(self) -> dict[str, str]:
        """The page's parameters."""
        first, last = self.period.first.isoformat(), self.period.last.isoformat()
        return {"user": self.member, "from": first, "to": last, "tz": self.period.timezone}

    @property
    def query(self) -> Query:
        """The question as the widget parses it."""
        return parse({name: [value] for name, value in self.parameters.items()})

    @property
    def grain(self) -> Grain:
        """The width of the page's bars."""
        return self.period.grain()

    def first_of_bar(self, day: date) -> date:
        """Return the first date of the bar that a day falls into."""
        return max(self.grain.start(day), self.period.first)


def questions(world: World) -> list[Question]:
    """Return what is asked of a world, from the everyday to the hardest."""
    owner, manager = Viewer(ORGANIZATION, "boss", "owner"), Viewer(ORGANIZATION, "lead", "manager")
    managed = tuple(str(each) for each in range(FIRST_PROJECT, FIRST_PROJECT + world.projects, 2))
    return [
        Question("quarter", "one member, 90 days", owner, world.typical, PERIODS[0], None),
        Question("managed", "one member, 90 days, half of the projects", manager, world.typical, PERIODS[0], managed),
        Question(
            "years", "the busiest member, two years", owner, world.heaviest, Period(FIRST_DAY, LAST_DAY, TIMEZONE), None
        ),
    ]


def page_report(store: Store, question: Question, grain: Grain | None = None) -> Report:
    """Return the report that the page shows, which does without numbers of each project."""
    with store.reading() as reader:
        asked = scope(question.viewer, question.query, reader.standing(question.viewer, question.query))
        return read_report(reader, asked, question.query, grain or question.grain)


def answer_of(report: Report) -> Answer:
    """Return a report's numbers."""
    bars = {point.bucket.first: {key: point.values[key] for key in DAILY} for point in report.series}
    return Answer(report.values, {first: bar for first, bar in bars.items() if any(bar.values())})


def differences(one: Answer, other: Answer) -> list[str]:
    """Name the numbers in which two answers differ; those that are no whole numbers may by one part in 10⁹."""
    found = _differing("total", one.total, other.total, TOTALS)
    for first in sorted(one.bars.keys() | other.bars.keys()):
        found += _differing(first.isoformat(), one.bars.get(first, {}), other.bars.get(first, {}), DAILY)
    return found


def _differing(where: str, one: Mapping[str, Number], other: Mapping[str, Number], keys: tuple[str, ...]) -> list[str]:
    pairs = ((key, one.get(key), other.get(key)) for key in keys)
    return [f"{where} {key}: {first!r} and {second!r}" for key, first, second in pairs if not _same(first, second)]


def _same(one: Number, other: Number) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def numbers(aggregates: Mapping[str, float], *, bar: bool) -> dict[str, Number]:
    """Work the page's numbers out of sums, counts and medians, in seconds, that somebody found in some way.

    Counts are named like their number. Beside them stand `usable` (annotations with a usable time), `median`,
    `scores` (the sum of scores), `scored` (how many there are), and both of the reviews of others; `firsts` and
    `passes` (first reviews, and those that accept or fix), `visits` (usable ones), `visit_median`, and what was done
    latest, in microseconds: `worked`, `took` (a review) and `wrote` (a comment).
    """

    def over(sum_: str, count: str) -> Number:
        return aggregates[sum_] / aggregates[count] if aggregates.get(count) else None

    found: dict[str, Number] = {key: aggregates.get(key, 0) for key in (DAILY if bar else TOTALS)}
    submitted, median = aggregates.get("submitted_annotations", 0), aggregates.get("median")
    median = None if median is None or isnan(median) else median
    found["time_per_annotation_median"] = median
    found["time_per_annotation_average"] = over("total_time", "usable")
    found["total_time_median"] = None if median is None else submitted * median
    found["performance_score"] = over("scores", "scored")
    found["performance_score_without_own_reviews"] = (
        over("scores_of_others", "scored_by_others") if aggregates.get("own_reviews") else None
    )
    found["first_pass"] = over("passes", "firsts")
    if submitted and not aggregates.get("usable"):
        found["total_time"] = found["long_time"] = None
    if not bar:
        visit = aggregates.get("visit_median")
        found["review_time_median"] = None if visit is None or isnan(visit) else visit
        found["review_time_average"] = over("review_time", "visits")
        done = [aggregates.get(key) for key in ("worked", "took", "wrote")]
        found["last_active"] = max((each for each in done if each is not None and not isnan(each)), default=None)
    return found


def is_empty(bar: Mapping[str, Number]) -> bool:
    """Say whether nothing happened in a bar."""
    return not any(bar.values())


Contender = Callable[[Question], Answer]
"""Somebody who answers questions."""

LABELS = {key: metric.label for key, metric in BY_KEY.items()}
