"""The same numbers from pandas, with every fact in memory: what somebody would write who knows pandas well.

Ids are categories or whole numbers, instants are kept as such, every question is answered by one selection a table and
one grouping of what is selected.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from perfwidget.metrics import COUNTED_ACTIONS, REVIEW_ACTIONS
from perfwidget.question.period import Grain
from tests.benchmarks.questions import Answer, Question, is_empty, numbers

SECONDS = 1_000_000
CATEGORIES = ("completed_by", "created_by", "reviewer_id", "user_id", "project_id", "action", "last_action")
COLUMNS = {
    "annotations": "annotation_id::BIGINT AS annotation_id, project_id, completed_by, created_at, completed_at, "
    "completed_at_estimated, lead_time, last_action, was_cancelled, flags::TINYINT AS flags",
    "reviews": "annotation_id::BIGINT AS annotation_id, project_id, completed_by, reviewer_id, action, "
    "score, created_at",
    "review_visits": "project_id, user_id, opened_at, closed_at",
    "comments": "project_id, completed_by, created_by, created_at",
}
"""What the page needs of each table."""


class Frames(NamedTuple):
    """The tables in memory."""

    annotations: pd.DataFrame
    reviews: pd.DataFrame
    review_visits: pd.DataFrame
    comments: pd.DataFrame


def unload(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the tables of an embedded store as files of one column each, which `load` reads as they are."""
    folder.mkdir()
    for table, columns in COLUMNS.items():
        names = [name for name, *_ in connection.execute(f"DESCRIBE SELECT {columns} FROM {table}").fetchall()]
        for name in names:
            found = f"SELECT {name} FROM (SELECT {columns} FROM {table})"
            if name in CATEGORIES:
                listed = f"SELECT DISTINCT {name} FROM {table} ORDER BY {name}"
                texts = [text for (text,) in connection.execute(listed).fetchall()]
                np.save(folder / f"{table}.{name}.categories.npy", np.array(texts, np.str_))
                found = f"SELECT list_position($texts, {name})::SMALLINT - 1 AS {name} FROM {table}"
            column = connection.execute(found, {"texts": texts} if name in CATEGORIES else {}).fetchnumpy()[name]
            if isinstance(column, np.ma.MaskedArray):
                column = np.ma.filled(column.astype(np.float64), np.nan)
            np.save(folder / f"{table}.{name}.npy", column)


def load(folder: Path) -> Frames:
    """Read the tables into memory."""
    return Frames(*(_frame(folder, table) for table in Frames._fields))


def _frame(folder: Path, table: str) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for file in sorted(folder.glob(f"{table}.*.npy")):
        name = file.name.split(".")[1]
        if file.name.endswith(".categories.npy"):
            continue
        values = np.load(file)
        if name in CATEGORIES:
            categories = np.load(folder / f"{table}.{name}.categories.npy").astype(object)
            columns[name] = pd.Categorical.from_codes(values, categories)
        elif name.endswith("_at"):
            instants = pd.Series(values) if values.dtype == np.int64 else pd.Series(values).astype("Int64")
            columns[name] = pd.to_datetime(instants, unit="us", utc=True)
        else:
            columns[name] = values
    return pd.DataFrame(columns)


class Pandas:
    """Answers questions from frames in memory."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def __call__(self, question: Question) -> Answer:
        """Return every number of the page."""
        annotated = self.annotated(question)
        parts = [annotated, self.reviewed(question), self.reviewing(question), self.visited(question)]
        total: dict[str, float] = self.moved(question) | self.commented(question)
        days = annotated.total_time.groupby(_local(question, annotated.instant).dt.normalize()).sum()
        total["days_over_24_hours"] = int((days > 86_400).sum())
        total["worked"] = _latest(annotated.instant[annotated.active])
        total["took"] = _latest(parts[2].instant[parts[2].annotations_reviewed.notna()])
        total["visit_median"] = parts[3].review_time.median()
        bars: dict[pd.Timestamp, dict[str, float]] = {}
        for part in parts:
            total |= _summed(part)
            for first, row in _by_bar(question, part).items():
                bars.setdefault(first, {}).update(row)
        shown = {question.first_of_bar(first.date()): numbers(bar, bar=True) for first, bar in bars.items()}
        return Answer(numbers(total, bar=False), {first: bar for first, bar in shown.items() if not is_empty(bar)})

    def annotated(self, question: Question) -> pd.DataFrame:
        """Return the member's annotations of the period, with what they add to each number."""
        rows = self._selected(self.frames.annotations, question, "completed_by", "completed_at")
        kept, action = ~rows.was_cancelled, rows.last_action
        countable = kept & action.isin(COUNTED_ACTIONS)
        usable = countable & (rows.lead_time >= 0)
        updated = action == "updated"
        earlier = countable & (rows.created_at < pd.Timestamp(question.period.start, unit="us", tz="UTC"))
        seconds = (rows.lead_time / SECONDS).where(usable)
        # In whole microseconds, of which twice the median is a whole number, too.
        long = usable & (2 * rows.lead_time > 10 * round(2 * rows.lead_time[usable].median()))
        long &= bool(seconds.median())
        return pd.DataFrame(
            {
                "instant": rows.completed_at,
                "median": seconds,
                "total_time": seconds,
                "usable": usable,
                "submitted_annotations": countable,
                "submitted": countable & ~updated,
                "updated": countable & updated,
                "skipped": rows.was_cancelled,
                "rejected": kept & (action == "rejected"),
                "other_actions": kept & ~action.isin((*COUNTED_ACTIONS, "rejected")),
                "lead_time_missing": countable & rows.lead_time.isna(),
                "lead_time_invalid": countable & (rows.lead_time < 0),
                "first_submitted_earlier": earlier,
                "first_submitted_earlier_time": seconds.where(earlier),
                "updated_after_rejection": countable & updated & rows.annotation_id.isin(self._sent_back(question)),
                "completed_at_estimated": rows.completed_at_estimated
                & (rows.was_cancelled | action.isin(COUNTED_ACTIONS)),
                "posted_by_others": countable & (rows["flags"] & 1 > 0),
                "imported": countable & (rows["flags"] & 2 > 0),
                "longer_than_task": countable & (rows["flags"] & 4 > 0),
                "long_time": seconds.where(long),
                "long_annotations": long,
                "active": rows.was_cancelled | countable | (action == "rejected"),
            }
        )

    def moved(self, question: Question) -> dict[str, float]:
        """Return what was created in the period and completed after it."""
        rows = self._selected(self.frames.annotations, question, "completed_by", "created_at")
        later = rows.completed_at >= pd.Timestamp(question.period.end, unit="us", tz="UTC")
        rows = rows[later & ~rows.was_cancelled & rows.last_action.isin(COUNTED_ACTIONS)]
        return {"moved_later": len(rows), "moved_later_time": rows.lead_time[rows.lead_time >= 0].sum() / SECONDS}

    def reviewed(self, question: Question) -> pd.DataFrame:
        """Return the reviews of the member's annotations, with what they add to each number."""
        rows = self._selected(self.frames.reviews, question, "completed_by", "created_at")
        fixed = rows.action == "fixed_and_accepted"
        score = (rows.score / SECONDS).where(fixed)
        score = score.mask(rows.action == "accepted", 1.0).mask(rows.action == "rejected", 0.0)
        first = rows.index.to_series().isin(self._in_order(question).drop_duplicates("annotation_id").index)
        return pd.DataFrame(
            {
                "instant": rows.created_at,
                "scores": score,
                "scored": score.notna(),
                "fixes_without_score": fixed & rows.score.isna(),
                "scores_of_others": score.where(rows.reviewer_id != question.member),
                "scored_by_others": score.notna() & (rows.reviewer_id != question.member),
                "own_reviews": rows.action.isin(REVIEW_ACTIONS) & (rows.reviewer_id == question.member),
                "other_reviews": ~rows.action.isin(REVIEW_ACTIONS),
                "received_accepted": rows.action == "accepted",
                "received_fixed_and_accepted": fixed,
                "received_rejected": rows.action == "rejected",
                "firsts": first,
                "passes": first & (rows.action != "rejected"),
            }
        )

    def reviewing(self, question: Question) -> pd.DataFrame:
        """Return the reviews that the member took."""
        rows = self._selected(self.frames.reviews, question, "reviewer_id", "created_at")
        taken = {f"reviews_{action}": rows.action == action for action in REVIEW_ACTIONS}
        taken["annotations_reviewed"] = rows.annotation_id.where(rows.action.isin(REVIEW_ACTIONS))
        return pd.DataFrame({"instant": rows.created_at} | taken)

    def visited(self, question: Question) -> pd.DataFrame:
        """Return the member's visits to submitted annotations."""
        visits = self.frames.review_visits
        mine = visits[visits.user_id == question.member]
        rows = self._selected(mine.assign(at=mine.closed_at.fillna(mine.opened_at)), question, "user_id", "at")
        lasted = (rows.closed_at - rows.opened_at).dt.total_seconds()
        return pd.DataFrame(
            {
                "instant": rows["at"],
                "review_time": lasted.where(lasted >= 0),
                "unusable_visits": ~(lasted >= 0),
                "visits": lasted >= 0,
            }
        )

    def commented(self, question: Question) -> dict[str, float]:
        """Return the comments of others on the member's annotations, and those that the member wrote."""
        received = self._selected(self.frames.comments, question, "completed_by", "created_at")
        added = self._selected(self.frames.comments, question, "created_by", "created_at")
        others = received.created_by.astype(object) != question.member
        return {
            "comments_received": int(others.sum()),
            "comments_added": len(added),
            "wrote": _latest(added.created_at),
        }

    def _selected(self, frame: pd.DataFrame, question: Question, member: str, instant: str) -> pd.DataFrame:
        start, end = (pd.Timestamp(at, unit="us", tz="UTC") for at in (question.period.start, question.period.end))
        chosen = (frame[member] == question.member) & (frame[instant] >= start) & (frame[instant] < end)
        if question.projects is not None:
            chosen &= frame.project_id.isin(question.projects)
        return frame[chosen]

    def _sent_back(self, question: Question) -> pd.Series:
        """Return the annotations whose latest review is a rejection."""
        latest = self._in_order(question).drop_duplicates("annotation_id", keep="last")
        return latest.annotation_id[latest.action == "rejected"]

    def _in_order(self, question: Question) -> pd.DataFrame:
        """Return the reviews of the member's annotations, of any time, oldest first."""
        reviews = self.frames.reviews
        mine = reviews[(reviews.completed_by == question.member) & reviews.action.isin(REVIEW_ACTIONS)]
        if question.projects is not None:
            mine = mine[mine.project_id.isin(question.projects)]
        return mine.sort_values("created_at")


def _latest(instants: pd.Series) -> float:
    """Return the latest instant in microseconds since 1970, or NaN."""
    return float("nan") if instants.empty else instants.max().value // 1_000


NOT_ADDED_UP = ["instant", "median", "annotations_reviewed", "active"]


def _summed(part: pd.DataFrame) -> dict[str, float]:
    values = part.drop(columns=NOT_ADDED_UP, errors="ignore").sum().to_dict()
    if "annotations_reviewed" in part:
        values["annotations_reviewed"] = part.annotations_reviewed.nunique()
    return values | ({"median": part["median"].median()} if "median" in part else {})


def _local(question: Question, instants: pd.Series) -> pd.Series:
    return instants.dt.tz_convert(question.period.timezone).dt.tz_localize(None)


def _by_bar(question: Question, part: pd.DataFrame) -> Mapping[pd.Timestamp, dict[str, float]]:
    local = _local(question, part.instant)
    first = local.dt.normalize() if question.grain is Grain.DAY else local.dt.to_period("W-SUN").dt.start_time
    grouped = part.drop(columns="instant").groupby(first)
    values = grouped.sum()
    if "annotations_reviewed" in part:
        values["annotations_reviewed"] = grouped["annotations_reviewed"].nunique()
    if "median" in part:
        values["median"] = grouped["median"].median()
    return values.to_dict("index")
