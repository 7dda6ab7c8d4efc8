"""What an import says of what it does not read, cannot judge or reads otherwise: a line with place, kind and reason."""

from typing import Any

import pytest

from tests.exports import review, reviewed


def fix(previous: object, fixed: object, **values: Any) -> dict[str, Any]:
    results = {"previous_annotation_history_result": previous, "fixed_annotation_history_result": fixed}
    return review(fixed_annotation_history=5, **results, **values)


def brush(*numbers: int) -> dict[str, Any]:
    return {"from_name": "b", "type": "brushlabels", "value": {"rle": list(numbers), "brushlabels": ["A"]}}


@pytest.mark.parametrize(
    ("previous", "fixed", "score", "told"),
    [
        ([brush(1)], [brush(1)], 1.0, None),
        ([brush(1)], [brush(2)], None, "'brushlabels'"),
        ([{"type": "relation", "from_id": "x"}], [], None, "'relation'"),
        (None, [brush(2)], None, None),
    ],
)
def test_a_fix_that_cannot_be_judged_is_told(previous: object, fixed: object, score: object, told: str | None) -> None:
    found = reviewed(review(id=1), fix(previous, fixed, id=2))
    [snapshot] = found.snapshots
    assert [(each.action, each.score) for each in snapshot.reviews or ()] == [
        ("accepted", None),
        ("fixed_and_accepted", score),
    ]
    assert found.reading.problems.total() == (0 if told is None else 1)
    for sentence in found.sentences():
        assert sentence.startswith("task 1, annotation 1, review 2: no score")
        assert told in sentence  # type: ignore[operator]


def test_a_score_of_the_file_is_taken_whatever_was_changed() -> None:
    found = reviewed(fix([brush(1)], [brush(2)], score=0.25))
    assert ([each.score for each in found.snapshots[0].reviews or ()], found.sentences()) == ([0.25], [])
