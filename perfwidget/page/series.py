"""The series that graphs show, and how each looks wherever it is drawn: in bars, lines, legends, light and dark.

A colour is the name of a custom property of the stylesheet, where the palette stands; the page fills it in when it
draws, so that a change of theme needs no new figures. Patterns, dashes and markers tell series apart without colour.
"""

from typing import NamedTuple

from perfwidget.metrics import BY_KEY, Metric


class Series(NamedTuple):
    """A metric in a graph: its name there, its look, and the pattern or line and marker that it has besides colour."""

    key: str
    name: str
    look: str
    """The colour is the custom property `--{look}`, the legend's swatch the class of that name."""
    pattern: str = ""
    dash: str = "solid"
    symbol: str = "circle"

    @property
    def metric(self) -> Metric:
        """The metric that it shows."""
        return BY_KEY[self.key]

    @property
    def colour(self) -> str:
        """The custom property that holds its colour."""
        return f"--{self.look}"


SUBMITTED = Series("submitted", "Submitted", "submitted")
UPDATED = Series("updated", "Updated", "updated", pattern="/")
SKIPPED = Series("skipped", "Skipped", "skipped", pattern=".")
REJECTED = Series("rejected", "Rejected", "rejected", pattern="x")

ANNOTATED = (SUBMITTED, UPDATED, SKIPPED)
REVIEWED = (
    Series("reviews_accepted", "Accepted", "accepted"),
    Series("reviews_rejected", "Rejected", "rejected", pattern="x"),
    Series("reviews_fixed_and_accepted", "Fixed + accepted", "fixed", pattern="/"),
)
TOTAL = Series("total_time", "Sum of the day's times", "average")
TOTAL_MEDIAN = Series("total_time_median", "Day's count × median time", "median", pattern="/")
MEDIAN = Series("time_per_annotation_median", "Median", "median")
AVERAGE = Series("time_per_annotation_average", "Average", "average", dash="dot", symbol="diamond")
REVIEW_TIME = Series("review_time", "Review Time", "review-time")
