"""The reviews of many annotations at once, by the rules of `row_parts`, which reads those of rows that are odd."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from perfwidget.facts import Review
from perfwidget.facts.columns import score_millionths
from perfwidget.facts.snapshots import NOTHING
from perfwidget.sources.agreement import Grade
from perfwidget.sources.codes import NOBODY, ODD, Cast, Codes, Flags, Numbers, ids, whole_numbers
from perfwidget.sources.row_values import fraction
from perfwidget.sources.task_form import ReviewForm
from perfwidget.sources.text_agreement import grade_of_texts
from perfwidget.sources.value_columns import NO_INSTANT, Integers, instants


class Reviews(NamedTuple):
    """Some reviews, and what is known of them all."""

    of: Integers
    """For each the place of its annotation."""
    forms: Sequence[ReviewForm]
    ids: Integers
    by: Numbers
    created_at: Integers
    fixed: Flags
    scores: Integers

    def columns(self, cast: Cast, words: Codes) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of the reviews themselves, with numbers for texts, and the places of their annotations."""
        user = np.array([*cast.user_of, NOBODY], np.int32)
        rejected, accepted, fixed = (words[action] for action in ("rejected", "accepted", "fixed_and_accepted"))
        agreed = np.array([form.accepted for form in self.forms], np.bool_)
        return {
            "place": self.of,
            "review_id": self.ids,
            "reviewer_id": user[self.by],
            "action": np.where(agreed, np.where(self.fixed, fixed, accepted), rejected).astype(np.int32),
            "score": self.scores,
            "created_at": self.created_at,
        }


def _grade(form: ReviewForm) -> Grade:
    """Return the score of a fix."""
    given = fraction(form.score)
    if given is not None:
        return Grade(given)
    return grade_of_texts(form.previous_annotation_history_result, form.fixed_annotation_history_result)


def with_odd(
    columns: dict[str, npt.NDArray[Any]], odd: Sequence[tuple[int, Review]], users: Codes, words: Codes
) -> dict[str, Any]:
    """Return columns of reviews and others that were read by themselves, in the order of their annotations."""
    if not odd:
        return columns
    lists = {name: column.tolist() for name, column in columns.items()}
    names = [column.name for column in Review.columns()]
    for place, review in odd:
        row = dict(zip(names, review.row(), strict=True)) | {"place": place}
        row["reviewer_id"] = NOBODY if row["reviewer_id"] is None else users[row["reviewer_id"]]
        row["action"] = words[row["action"]]
        for name, values in lists.items():
            values.append(NOTHING if row[name] is None else row[name])
    order = np.argsort(np.array(lists["place"], np.int64), kind="stable")
    found = {name: np.array(lists[name], column.dtype) for name, column in columns.items() if name != "review_id"}
    return {name: column[order] for name, column in (found | {"review_id": ids(lists["review_id"])}).items()}


def read_reviews(
    lists: Sequence[Sequence[ReviewForm] | None], places: Sequence[int], cast: Cast, plain: Flags
) -> Reviews:
    """Read the reviews of the rows at some places; where one is odd, `plain` becomes false of its row."""
    forms = [form for place in places for form in lists[place] or ()]
    of = np.repeat(np.array(places, np.int64), [len(lists[place] or ()) for place in places])
    known = np.ones(len(forms), np.bool_)
    identities = whole_numbers([form.id for form in forms], known)
    created_at = instants([form.created_at for form in forms])
    by = cast.codes([form.created_by for form in forms])
    decided = np.array([type(form.accepted) is bool for form in forms], np.bool_)
    known &= (created_at > NO_INSTANT) & (by != ODD) & decided
    fixed = np.array([form.fixed_annotation_history is not None and form.accepted for form in forms], np.bool_) & known
    scores = np.full(len(forms), NOTHING, np.int64)
    for place in np.flatnonzero(fixed).tolist():
        score, unjudged = _grade(forms[place])
        known[place] &= not unjudged  # which is told with its place
        millionths = score_millionths(score)
        scores[place] = NOTHING if millionths is None else millionths
    plain[of[~known]] = False
    kept = plain[of]
    of_kept = [forms[place] for place in np.flatnonzero(kept).tolist()]
    return Reviews(of[kept], of_kept, identities[kept], by[kept], created_at[kept], fixed[kept], scores[kept])
