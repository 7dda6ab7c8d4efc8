"""The table of all members over a year from pandas in memory: a selection and a grouping for each part of it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from perfwidget.metrics import METRICS, Number
from perfwidget.question.period import Period
from tests.benchmarks.by_hand import COUNTED
from tests.benchmarks.frames import SECONDS, Frames
from tests.benchmarks.questions import numbers

COLUMNS = tuple(metric for metric in METRICS if metric.tabs)
REVIEW_ACTIONS = ("accepted", "rejected", "fixed_and_accepted")
ADDED_UP_BY = {
    "median": "median",
    "visit_median": "median",
    "annotations_reviewed": "nunique",
    "worked": "max",
    "took": "max",
    "wrote": "max",
}
"""How a part's columns become a member's number; all others are sums."""

Table = Mapping[str, Mapping[str, Number]]
"""The numbers of the table by member."""


def table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    """Work the table's numbers out of each member's sums, counts and medians."""
    shown = {member: numbers(row, bar=False) for member, row in found.items()}
    return {member: {metric.key: row[metric.key] for metric in COLUMNS} for member, row in shown.items()}


class PandasTable:
    """Works the table out of frames in memory."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def __call__(self, period: Period) -> Table:
        """Return the numbers of every member in a period."""
        found: dict[str, dict[str, Any]] = {}
        parts = (self._annotated, self._reviewed, self._passed, self._reviewing, self._visited, self._commenting)
        for part in (each(period) for each in parts):
            grouped = part.groupby("member", observed=True)
            values = grouped.agg({name: ADDED_UP_BY.get(name, "sum") for name in part if name != "member"})
            for member, row in values.to_dict("index").items():
                found.setdefault(str(member), {}).update(row)
        return table(found)

    def _annotated(self, period: Period) -> pd.DataFrame:
        rows = _within(self._frames.annotations, period, self._frames.annotations.completed_at)
        kept, rejected = ~rows.was_cancelled, rows.last_action == "rejected"
        countable = kept & rows.last_action.isin(_counted())
        usable = countable & (rows.lead_time >= 0)
        seconds = (rows.lead_time / SECONDS).where(usable)
        return pd.DataFrame(
            {
                "member": rows.completed_by,
                "total_time": seconds,
                "median": seconds,
                "usable": usable,
                "submitted_annotations": countable,
                "skipped": rows.was_cancelled,
                "rejected": kept & rejected,
                "worked": _microseconds(rows.completed_at).where(rows.was_cancelled | countable | rejected),
            }
        )

    def _reviewed(self, period: Period) -> pd.DataFrame:
        rows = _within(self._frames.reviews, period, self._frames.reviews.created_at)
        score = (rows.score / SECONDS).where(rows.action == "fixed_and_accepted")
        score = score.mask(rows.action == "accepted", 1.0).mask(rows.action == "rejected", 0.0)
        received = {f"received_{action}": rows.action == action for action in REVIEW_ACTIONS}
        return pd.DataFrame({"member": rows.completed_by, "scores": score, "scored": score.notna()} | received)

    def _passed(self, period: Period) -> pd.DataFrame:
        reviews = self._frames.reviews
        counted = reviews[reviews.action.isin(REVIEW_ACTIONS)].sort_values("created_at")
        firsts = counted.drop_duplicates("annotation_id")
        rows = _within(firsts, period, firsts.created_at)
        return pd.DataFrame({"member": rows.completed_by, "firsts": 1, "passes": rows.action != "rejected"})

    def _reviewing(self, period: Period) -> pd.DataFrame:
        rows = _within(self._frames.reviews, period, self._frames.reviews.created_at)
        taken = {f"reviews_{action}": rows.action == action for action in REVIEW_ACTIONS}
        counted = rows.action.isin(REVIEW_ACTIONS)
        taken |= {"annotations_reviewed": rows.annotation_id.where(counted)}
        taken |= {"took": _microseconds(rows.created_at).where(counted)}
        return pd.DataFrame({"member": rows.reviewer_id} | taken)

    def _visited(self, period: Period) -> pd.DataFrame:
        visits = self._frames.review_visits
        rows = _within(visits, period, visits.closed_at.fillna(visits.opened_at))
        lasted = (rows.closed_at - rows.opened_at).dt.total_seconds()
        lasted = lasted.where(lasted >= 0)
        columns = {"review_time": lasted, "visit_median": lasted, "visits": lasted.notna()}
        return pd.DataFrame({"member": rows.user_id} | columns)

    def _commenting(self, period: Period) -> pd.DataFrame:
        rows = _within(self._frames.comments, period, self._frames.comments.created_at)
        return pd.DataFrame({"member": rows.created_by, "wrote": _microseconds(rows.created_at)})


def _counted() -> list[str]:
    return [word.strip("' ") for word in COUNTED.strip("()").split(",")]


def _microseconds(instants: "pd.Series[Any]") -> "pd.Series[Any]":
    return instants.dt.as_unit("us").astype("int64")


def _within(frame: pd.DataFrame, period: Period, instants: "pd.Series[Any]") -> pd.DataFrame:
    start, end = (pd.Timestamp(at, unit="us", tz="UTC") for at in (period.start, period.end))
    return frame[(instants >= start) & (instants < end)]
