"""Which number's rows are asked for."""

from dataclasses import dataclass
from datetime import date

from perfwidget.errors import InvalidQuery
from perfwidget.metrics import Condition, Metric, Unit
from perfwidget.question.period import Grain, Period


@dataclass(frozen=True, slots=True)
class Behind:
    """A number whose rows are asked for: that of the whole period, or of the bucket that holds `day`.

    Raises InvalidQuery for a number that has no such rows.
    """

    metric: Metric
    day: date | None = None

    def __post_init__(self) -> None:
        if self.metric.unit is Unit.INSTANT:
            raise InvalidQuery(f"{self.metric.key} is an instant, which no rows add up to; choose another number.")
        if self.day is not None and Condition.CREATED_EARLIER in self.metric.rows.where:
            raise InvalidQuery(f"{self.metric.key} speaks of the whole period; leave out the date.")

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
