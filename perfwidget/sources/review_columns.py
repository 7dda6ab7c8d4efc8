"""The reviews of many annotations at once, by the rules of `row_parts`, which reads those of rows that are odd."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perfwidget.columns import score_millionths
from perfwidget.observations import NOTHING
from perfwidget.sources.codes import ODD, Cast, Flags, Numbers, whole_numbers
from perfwidget.sources.row_values import fraction
from perfwidget.sources.task_form import ReviewForm
from perfwidget.sources.text_agreement import agreement_of_texts
from perfwidget.sources.value_columns import NO_INSTANT, Integers, instants


class Reviews(NamedTuple):
    """Some reviews, and what is known of them all."""

    of: Integers
    """For each the place of its annotation."""
    forms: Sequence[ReviewForm]
    by: Numbers
    created_at: Integers

    def actions(self) -> list[str]:
        """Return what the reviews decided."""
        return [
            "rejected"
            if not form.accepted
            else "accepted"
            if form.fixed_annotation_history is None
            else "fixed_and_accepted"
            for form in self.forms
        ]

    def scores(self) -> Integers:
        """Return the scores of fixes, NOTHING for other reviews."""
        found = np.full(len(self.forms), NOTHING, np.int64)
        for place, form in enumerate(self.forms):
            if form.accepted and form.fixed_annotation_history is not None:
                given = fraction(form.score)
                results = form.previous_annotation_history_result, form.fixed_annotation_history_result
                score = score_millionths(agreement_of_texts(*results) if given is None else given)
                found[place] = NOTHING if score is None else score
        return found


def read_reviews(
    lists: Sequence[Sequence[ReviewForm] | None], places: Sequence[int], cast: Cast, plain: Flags
) -> Reviews:
    """Read the reviews of the rows at some places; where one is odd, `plain` becomes false of its row."""
    forms = [form for place in places for form in lists[place] or ()]
    of = np.repeat(np.array(places, np.int64), [len(lists[place] or ()) for place in places])
    known = np.ones(len(forms), np.bool_)
    whole_numbers([form.id for form in forms], known)
    created_at = instants([form.created_at for form in forms])
    by = cast.codes([form.created_by for form in forms])
    decided = np.array([type(form.accepted) is bool for form in forms], np.bool_)
    known &= (created_at > NO_INSTANT) & (by != ODD) & decided
    plain[of[~known]] = False
    kept = plain[of]
    return Reviews(of[kept], [forms[place] for place in np.flatnonzero(kept).tolist()], by[kept], created_at[kept])
