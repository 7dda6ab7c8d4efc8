"""Which number's rows are asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from perfwidget.errors import InvalidQuery
from perfwidget.metrics import BY_KEY, Condition, Metric, Unit
from perfwidget.question import parameters
from perfwidget.question.period import Grain, Period


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


def parse_behind(asked: Mapping[str, Iterable[str]]) -> Behind:
    """Return the number that a download's `metric` and `date` name; raises InvalidQuery."""
    given = parameters.given(asked)
    return _behind(parameters.one(given, "metric"), parameters.one(given, "date"))


def parse_rows(named: str) -> Behind:
    """Return the number that the page's `rows` names, written `metric` or `metric@date`; raises InvalidQuery."""
    metric, _, day = named.partition("@")
    if metric not in BY_KEY:
        raise InvalidQuery("rows names no number of this page; choose one on the page.")
    return _behind(metric, day or None)


def _behind(key: str | None, day: str | None) -> Behind:
    if key is None or key not in BY_KEY:
        raise InvalidQuery(f"metric must be one of {', '.join(BY_KEY)}.")
    metric = BY_KEY[key]
    if metric.unit is Unit.INSTANT:
        raise InvalidQuery(f"{key} is an instant, which no rows add up to; choose another number.")
    if day is not None and Condition.CREATED_EARLIER in metric.rows.where:
        raise InvalidQuery(f"{key} speaks of the whole period; leave out the date.")
    return Behind(metric, None if day is None else parameters.day("date", day))
