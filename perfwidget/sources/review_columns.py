"""The reviews of many annotations at once, by the rules of `row_parts`, which reads those of rows that are odd."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from perfwidget.columns import score_millionths
from perfwidget.sources.codes import ODD, Cast, Flags, Numbers, whole_numbers
from perfwidget.sources.row_parts import fix_score
from perfwidget.sources.task_form import ReviewForm, values
from perfwidget.sources.value_columns import NO_INSTANT, Integers, instants


class Reviews(NamedTuple):
    """Some reviews, and what is known of them all."""

    of: Integers
    """For each the place of its annotation."""
    forms: Sequence[ReviewForm]
    by: Numbers
    created_at: Integers

    def rows(self, owned: Sequence[tuple[str, ...]], users: Sequence[str | None]) -> list[tuple[int, tuple[Any, ...]]]:
        """Return the place of each annotation, and its review's row.

        `owned` has the organization of an annotation and its own id, project, task and owner; `users` who reviewed.
        """
        found = []
        told = zip(self.of.tolist(), self.forms, owned, users, self.created_at.tolist(), strict=True)
        for place, form, (organization_id, *owning), reviewer_id, created_at in told:
            action, score = "rejected", None
            if form.accepted:
                action = "accepted" if form.fixed_annotation_history is None else "fixed_and_accepted"
                score = None if action == "accepted" else score_millionths(fix_score(values(form)))
            found.append((place, (organization_id, str(form.id), *owning, reviewer_id, action, score, created_at)))
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
