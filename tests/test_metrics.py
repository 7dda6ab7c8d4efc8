"""The formula of every number: small sets of facts in a real store, and what they come to, worked out by hand.

A case is one organization with ann's work, or rev's, and a question about March 2024. What must not count stands in it
with a value of its own, so that a sum or a count tells which row slipped in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from perfwidget.facts import AnnotationFlag, Comment, Fact, Member, Project, Recorded, ReviewVisit
from perfwidget.facts.ingest import Snapshot
from perfwidget.metrics import BY_KEY, Rules
from perfwidget.question.access import Viewer
from perfwidget.question.period import Grain
from perfwidget.question.query import parse
from perfwidget.report import Report, report
from perfwidget.stores import Store, open_store
from tests.worlds import annotation, at, review

REJECTED_COUNTS = Rules(count_rejected=True)
Value = int | float | None


class Case(NamedTuple):
    """Facts, and what a number says of them."""

    key: str
    name: str
    facts: Sequence[Fact | Snapshot]
    expected: Value
    days: Mapping[str, Value] = {}
    """What it says of single days."""
    user: str = "ann"
    rules: Rules = Rules()
    recorded: Sequence[str] = ("reviews", "review_visits")


def visit(number: int, opened_at: str, closed_at: str | None, user_id: str = "rev") -> ReviewVisit:
    """Return a member's look at annotation 1."""
    closed = None if closed_at is None else at(closed_at)
    return ReviewVisit("acme", number, 1, "p1", user_id, at(opened_at), closed)


def flagged(number: int, flags: AnnotationFlag, **columns: object) -> Snapshot:
    """Return an annotation of the 5th of which its source says what is odd."""
    return Snapshot(annotation(number, "2024-03-05 10:00", flags=flags, **columns), (), False, None)


COUNTABLE = [
    annotation(1, "2024-03-05 10:00", last_action="submitted", lead_time=1),
    annotation(2, "2024-03-05 11:00", last_action="updated", lead_time=2),
    annotation(3, "2024-03-05 12:00", last_action="accepted", lead_time=4.5),
    annotation(4, "2024-03-06 10:00", last_action="fixed_and_accepted", lead_time=8),
    annotation(5, "2024-03-06 11:00", last_action="deleted_review", lead_time=16),
]
"""Five countable annotations with times of 31.5 s in all: 7.5 s on the 5th, 24 s on the 6th."""

UNTIMED = [
    annotation(11, "2024-03-05 13:00", lead_time=None),
    annotation(12, "2024-03-05 13:00", lead_time=-1),
    annotation(13, "2024-03-05 13:00", lead_time=float("nan")),
    annotation(14, "2024-03-05 13:00", lead_time=float("inf")),
    annotation(15, "2024-03-05 13:00", lead_time=1_000_000_001),
    annotation(16, "2024-03-05 13:00", lead_time=Decimal("-0.000001")),
    annotation(17, "2024-03-05 13:00", lead_time=Decimal("sNaN")),
]
"""Seven countable annotations on the 5th: one without a time, six with an invalid one."""

REJECTED = [annotation(21, "2024-03-05 14:00", last_action="rejected", lead_time=1_000)]
OTHERS = [
    annotation(31, "2024-03-05 14:00", last_action="imported", lead_time=2_000),
    annotation(32, "2024-03-05 14:00", last_action="prediction", lead_time=2_000),
    annotation(33, "2024-03-05 14:00", last_action="propagated_annotation", lead_time=2_000),
    annotation(34, "2024-03-05 14:00", last_action="something new", lead_time=2_000),
    annotation(35, "2024-03-05 14:00", last_action="skipped", lead_time=2_000),
]
CANCELLED = [
    annotation(41, "2024-03-05 15:00", was_cancelled=True, last_action="skipped", lead_time=4_000),
    annotation(42, "2024-03-06 15:00", was_cancelled=True, last_action="submitted", lead_time=4_000),
    annotation(43, "2024-03-06 15:00", was_cancelled=True, last_action="updated", lead_time=4_000),
    annotation(44, "2024-03-06 15:00", was_cancelled=True, last_action="rejected", lead_time=None),
    annotation(45, "2024-03-06 15:00", was_cancelled=True, last_action="imported", lead_time=-1),
]
ELSEWHERE = [
    annotation(51, "2024-02-29 23:59:59.999999", lead_time=8_000),
    annotation(52, "2024-04-01 00:00", lead_time=8_000),
    annotation(53, "2024-03-05 10:00", completed_by="rev", lead_time=8_000),
    annotation(54, "2024-03-05 10:00", completed_by=None, lead_time=8_000),
    annotation(55, "2024-02-29 12:00", last_action="rejected"),
    annotation(56, "2024-04-01 12:00", last_action="imported"),
    annotation(57, "2024-02-29 12:00", was_cancelled=True, last_action="skipped"),
    annotation(58, "2024-03-05 12:00", was_cancelled=True, last_action="skipped", completed_by="rev"),
    annotation(59, "2024-04-01 12:00", last_action="updated"),
]
"""Work of other times and other people."""

NOT_COUNTABLE = [*REJECTED, *OTHERS, *CANCELLED, *ELSEWHERE]
EDGES = [
    annotation(61, "2024-03-01 00:00", lead_time=32),
    annotation(62, "2024-03-31 23:59:59.999999", lead_time=64),
]
"""The first and the last instant of March."""

UNSCORED = [
    review(91, "2024-02-29 23:59:59.999999", "rejected"),
    review(92, "2024-04-01 00:00", "rejected"),
    review(93, "2024-03-05 10:00", "rejected", completed_by="rev"),
    review(94, "2024-03-05 10:00", "rejected", completed_by=None, reviewer_id="ann"),
    review(95, "2024-03-05 10:00", "pondered"),
    review(96, "2024-03-05 10:00", "deleted_review"),
]
"""Reviews of other times, of other people's work, and of other kinds."""

SUMMARY = [
    Case("total_time", "counts what is countable", [*COUNTABLE, *NOT_COUNTABLE], 31.5, {"2024-03-05": 7.5}),
    Case("total_time", "leaves out what has no usable time", [*COUNTABLE, *UNTIMED], 31.5, {"2024-03-05": 7.5}),
    Case("total_time", "reaches from the first to the last instant", EDGES, 96.0, {"2024-03-31": 64.0}),
    Case("total_time", "is 0 without work", NOT_COUNTABLE, 0.0, {"2024-03-05": 0.0}),
    Case("total_time", "is missing where no time is usable", UNTIMED, None, {"2024-03-05": None, "2024-03-06": 0.0}),
    Case("total_time", "of 0 s is 0", [annotation(1, "2024-03-05 10:00", lead_time=0)], 0.0, {"2024-03-05": 0.0}),
    Case("total_time", "of the longest time", [annotation(1, "2024-03-05 10:00", lead_time=10**9)], 1e9),
    Case("total_time", "counts rejected ones if told to", [*COUNTABLE, *NOT_COUNTABLE], 1031.5, rules=REJECTED_COUNTS),
    Case("submitted_annotations", "counts all of them", COUNTABLE, 5, {"2024-03-05": 3, "2024-03-06": 2}),
    Case("submitted_annotations", "counts them without a time", UNTIMED, 7, {"2024-03-05": 7, "2024-03-06": 0}),
    Case("submitted_annotations", "reaches from the first to the last instant", EDGES, 2, {"2024-03-01": 1}),
    Case("submitted_annotations", "counts nothing else", NOT_COUNTABLE, 0, {"2024-03-05": 0}),
    Case("submitted_annotations", "counts rejected ones if told to", NOT_COUNTABLE, 1, rules=REJECTED_COUNTS),
    # 1, 2, 4.5, 8 and 16: the middle one is 4.5. On the 5th 1, 2, 4.5; on the 6th 8 and 16.
    Case("time_per_annotation_median", "is the middle one", COUNTABLE, 4.5, {"2024-03-05": 2.0, "2024-03-06": 12.0}),
    Case("time_per_annotation_median", "has usable times only", [*COUNTABLE, *UNTIMED, *NOT_COUNTABLE], 4.5),
    Case("time_per_annotation_median", "of an even number is between two", COUNTABLE[:4], 3.25, {"2024-03-06": 8.0}),
    Case(
        "time_per_annotation_median",
        "is exact below a microsecond",
        [annotation(number, "2024-03-05 10:00", lead_time=number / 10**6) for number in (1, 2)],
        0.0000015,
    ),
    Case("time_per_annotation_median", "is missing without times", UNTIMED, None, {"2024-03-05": None}),
    Case("time_per_annotation_median", "is missing without work", NOT_COUNTABLE, None),
    Case(
        "time_per_annotation_median",
        "counts rejected ones if told to",
        [*COUNTABLE[:2], *REJECTED],
        2.0,
        rules=REJECTED_COUNTS,
    ),
    # 5 × 4.5, and by day 3 × 2 and 2 × 12. With seven untimed ones it is 12 × 4.5, and on the 5th 10 × 2.
    Case(
        "total_time_median", "is the number times the median", COUNTABLE, 22.5, {"2024-03-05": 6.0, "2024-03-06": 24.0}
    ),
    Case(
        "total_time_median", "counts untimed ones", [*COUNTABLE, *UNTIMED, *NOT_COUNTABLE], 54.0, {"2024-03-05": 20.0}
    ),
    Case("total_time_median", "is missing without times", UNTIMED, None, {"2024-03-05": None, "2024-03-06": None}),
    Case("total_time_median", "is missing without work", NOT_COUNTABLE, None),
    # 31.5 / 5, and by day 7.5 / 3 and 24 / 2.
    Case("time_per_annotation_average", "is the mean", COUNTABLE, 6.3, {"2024-03-05": 2.5, "2024-03-06": 12.0}),
    Case("time_per_annotation_average", "has usable times only", [*COUNTABLE, *UNTIMED, *NOT_COUNTABLE], 6.3),
    Case("time_per_annotation_average", "is missing without times", UNTIMED, None, {"2024-03-05": None}),
    Case("time_per_annotation_average", "is missing without work", NOT_COUNTABLE, None),
    Case("time_per_annotation_average", "of 0 s is 0", [annotation(1, "2024-03-05 10:00", lead_time=0)], 0.0),
    Case("submitted", "is all but updated", [*COUNTABLE, *NOT_COUNTABLE], 4, {"2024-03-05": 2, "2024-03-06": 2}),
    Case("submitted", "counts rejected ones if told to", [*COUNTABLE, *NOT_COUNTABLE], 5, rules=REJECTED_COUNTS),
    Case("updated", "is updated ones only", [*COUNTABLE, *NOT_COUNTABLE], 1, {"2024-03-05": 1, "2024-03-06": 0}),
    Case("skipped", "is all cancelled ones", [*COUNTABLE, *NOT_COUNTABLE], 5, {"2024-03-05": 1, "2024-03-06": 4}),
    Case("skipped", "is not what says skipped alone", [*COUNTABLE, *OTHERS], 0),
]

SCORES = [
    Case("performance_score", "accepted is 1", [*UNSCORED, review(1, "2024-03-05 10:00", "accepted")], 1.0),
    Case("performance_score", "rejected is 0", [*UNSCORED, review(1, "2024-03-05 10:00", "rejected")], 0.0),
    Case(
        "performance_score",
        "a fix is its score",
        [*UNSCORED, review(1, "2024-03-05 10:00", "fixed_and_accepted", score=0.42)],
        0.42,
    ),
    Case(
        "performance_score",
        "a fix without a score takes no part",
        [review(1, "2024-03-05 10:00", "fixed_and_accepted"), review(2, "2024-03-05 10:00", "accepted")],
        1.0,
    ),
    Case(
        "performance_score",
        "scores of others than fixes do not matter",
        [review(1, "2024-03-05 10:00", "accepted", score=0.1), review(2, "2024-03-05 10:00", "rejected", score=0.9)],
        0.5,
    ),
    Case("performance_score", "is missing without reviews", [*UNSCORED, *COUNTABLE], None, {"2024-03-05": None}),
    Case(
        "performance_score",
        "is missing with nothing but a fix without a score",
        [*UNSCORED, review(1, "2024-03-05 10:00", "fixed_and_accepted")],
        None,
    ),
    Case(
        "performance_score",
        "has every review and the member's own",
        # (1 + 1 + 0 + 0.5 + 0) / 5; on the 5th (1 + 1) / 2, on the 6th (0 + 0.5 + 0) / 3
        [
            *UNSCORED,
            review(1, "2024-03-05 10:00", "accepted"),
            review(2, "2024-03-05 11:00", "accepted", reviewer_id="ann"),
            review(3, "2024-03-06 10:00", "rejected"),
            review(4, "2024-03-06 11:00", "fixed_and_accepted", score=0.5),
            review(5, "2024-03-06 12:00", "fixed_and_accepted", score=0),
        ],
        0.5,
        {"2024-03-05": 1.0, "2024-03-06": 0.5 / 3, "2024-03-07": None},
    ),
    Case(
        "performance_score",
        "reaches from the first to the last instant",
        [review(1, "2024-03-01 00:00", "accepted"), review(2, "2024-03-31 23:59:59.999999", "rejected")],
        0.5,
        {"2024-03-01": 1.0, "2024-03-31": 0.0},
    ),
    Case(
        "fixes_without_score",
        "is fixes without a score",
        [
            *UNSCORED,
            review(1, "2024-03-05 10:00", "fixed_and_accepted"),
            review(2, "2024-03-05 10:00", "fixed_and_accepted", score=float("nan")),
            review(3, "2024-03-05 10:00", "fixed_and_accepted", score=0),
            review(4, "2024-03-05 10:00", "accepted"),
            review(5, "2024-03-05 10:00", "fixed_and_accepted", completed_by="rev"),
            review(6, "2024-04-01 00:00", "fixed_and_accepted"),
        ],
        2,
    ),
    Case(
        "own_reviews",
        "is what ann took on her own",
        [
            *UNSCORED,
            review(1, "2024-03-05 10:00", "accepted", reviewer_id="ann"),
            review(2, "2024-03-05 10:00", "rejected", reviewer_id="ann"),
            review(3, "2024-03-05 10:00", "fixed_and_accepted", reviewer_id="ann", score=1),
            review(4, "2024-03-05 10:00", "pondered", reviewer_id="ann"),
            review(5, "2024-03-05 10:00", "accepted", reviewer_id="ann", completed_by="rev"),
            review(6, "2024-03-05 10:00", "accepted"),
            review(7, "2024-02-29 10:00", "accepted", reviewer_id="ann"),
            review(8, "2024-03-05 10:00", "accepted", reviewer_id=None),
        ],
        3,
    ),
    Case(
        "performance_score_without_own_reviews",
        "is the score of the others' reviews",
        # Of others 1, 0, 0.25 and, of nobody knows whom, 1; of her own 1, 1 and 0.
        [
            *UNSCORED,
            review(1, "2024-03-05 10:00", "accepted"),
            review(2, "2024-03-05 10:00", "rejected"),
            review(3, "2024-03-05 10:00", "fixed_and_accepted", score=0.25),
            review(4, "2024-03-05 10:00", "accepted", reviewer_id=None),
            review(5, "2024-03-05 10:00", "fixed_and_accepted"),
            review(6, "2024-03-05 10:00", "accepted", reviewer_id="ann"),
            review(7, "2024-03-05 10:00", "fixed_and_accepted", reviewer_id="ann", score=1),
            review(8, "2024-03-05 10:00", "rejected", reviewer_id="ann"),
        ],
        2.25 / 4,
    ),
    Case(
        "performance_score_without_own_reviews",
        "is missing where there are no own reviews",
        [*UNSCORED, review(1, "2024-03-05 10:00", "accepted"), review(2, "2024-03-05 10:00", "rejected")],
        None,
    ),
    Case(
        "performance_score_without_own_reviews",
        "is missing with nothing but own reviews",
        [review(1, "2024-03-05 10:00", "accepted", reviewer_id="ann")],
        None,
    ),
    Case(
        "performance_score_without_own_reviews",
        "of rejections is 0",
        [review(1, "2024-03-05 10:00", "rejected"), review(2, "2024-03-05 10:00", "accepted", reviewer_id="ann")],
        0.0,
    ),
    Case(
        "other_reviews",
        "is what ann got of other kinds",
        [
            *UNSCORED,
            review(1, "2024-03-05 10:00", "accepted"),
            review(2, "2024-03-05 10:00", "rejected"),
            review(3, "2024-03-05 10:00", "fixed_and_accepted"),
            review(4, "2024-04-01 00:00", "pondered"),
            review(5, "2024-03-05 10:00", "pondered", completed_by="rev", reviewer_id="ann"),
        ],
        2,
    ),
]

NOTES = [
    Case("rejected", "is rejected ones only", [*COUNTABLE, *NOT_COUNTABLE], 1),
    Case("rejected", "is stated where they count as well", [*COUNTABLE, *NOT_COUNTABLE], 1, rules=REJECTED_COUNTS),
    Case("other_actions", "is what neither counts nor is rejected", [*COUNTABLE, *NOT_COUNTABLE], 5),
    Case("other_actions", "has no rejected ones either way", [*REJECTED, *OTHERS], 5, rules=REJECTED_COUNTS),
    Case("lead_time_missing", "is countable ones without a time", [*COUNTABLE, *UNTIMED, *NOT_COUNTABLE], 1),
    Case(
        "lead_time_missing",
        "has no part of what does not count",
        [
            annotation(1, "2024-03-05 10:00", last_action="rejected"),
            annotation(2, "2024-03-05 10:00", last_action="imported"),
        ],
        0,
    ),
    Case("lead_time_invalid", "is countable ones with another than a time", [*COUNTABLE, *UNTIMED, *NOT_COUNTABLE], 6),
    Case(
        "lead_time_invalid",
        "has no part of what does not count",
        [
            annotation(1, "2024-03-05 10:00", last_action="rejected", lead_time=-1),
            annotation(2, "2024-03-05 10:00", last_action="imported", lead_time=-1),
        ],
        0,
    ),
]

EARLIER = [
    annotation(1, "2024-03-05 10:00", created_at=at("2024-02-29 23:59:59.999999"), lead_time=1),
    annotation(2, "2024-03-05 10:00", created_at=at("2023-01-01 00:00"), last_action="updated", lead_time=2),
    annotation(3, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), lead_time=None),
    annotation(4, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), lead_time=-1),
    annotation(5, "2024-03-05 10:00", created_at=at("2024-03-01 00:00"), lead_time=4),
    annotation(6, "2024-03-05 10:00", created_at=at("2024-03-05 09:00"), lead_time=4),
    annotation(7, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), last_action="rejected", lead_time=8),
    annotation(8, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), was_cancelled=True, lead_time=16),
    annotation(9, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), last_action="imported", lead_time=32),
    annotation(10, "2024-04-01 00:00", created_at=at("2024-02-01 00:00"), lead_time=64),
    annotation(11, "2024-02-29 10:00", created_at=at("2024-02-01 00:00"), lead_time=128),
    annotation(12, "2024-03-05 10:00", created_at=at("2024-02-01 00:00"), completed_by="rev", lead_time=256),
]

ESTIMATED = [
    annotation(number, "2024-03-05 10:00", completed_at_estimated=True, last_action=action)
    for number, action in enumerate(("submitted", "updated", "accepted", "imported", "rejected"))
]

LATER = [
    annotation(1, "2024-04-01 00:00", created_at=at("2024-03-31 23:59:59.999999"), lead_time=1),
    annotation(2, "2025-01-01 00:00", created_at=at("2024-03-01 00:00"), last_action="updated", lead_time=2),
    annotation(3, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), last_action="accepted", lead_time=None),
    annotation(4, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), lead_time=-1),
    annotation(5, "2024-03-31 23:59:59.999999", created_at=at("2024-03-05 10:00"), lead_time=4),
    annotation(6, "2024-04-05 10:00", created_at=at("2024-02-29 23:59:59.999999"), lead_time=8),
    annotation(7, "2024-04-05 10:00", created_at=at("2024-04-01 00:00"), lead_time=16),
    annotation(8, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), last_action="rejected", lead_time=32),
    annotation(9, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), was_cancelled=True, lead_time=64),
    annotation(10, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), last_action="imported", lead_time=128),
    annotation(11, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), completed_by="rev", lead_time=256),
    annotation(12, "2024-04-05 10:00", created_at=at("2024-03-05 10:00"), completed_by=None, lead_time=512),
]
DAY = 86_400
LONG_DAYS = [
    # The 5th has 24 hours and a microsecond of two annotations, the 6th exactly 24 hours, the 7th more of one alone.
    annotation(1, "2024-03-05 00:00", lead_time=DAY / 2),
    annotation(2, "2024-03-05 23:59:59.999999", last_action="updated", lead_time=DAY / 2 + 0.000_001),
    annotation(3, "2024-03-06 00:00", lead_time=DAY),
    annotation(4, "2024-03-07 12:00", lead_time=10**9),
    # The 8th would have more, if it were not for what does not count or has no usable time.
    annotation(5, "2024-03-08 12:00", lead_time=DAY - 1),
    annotation(6, "2024-03-08 12:00", lead_time=DAY, was_cancelled=True),
    annotation(7, "2024-03-08 12:00", lead_time=DAY, last_action="imported"),
    annotation(8, "2024-03-08 12:00", lead_time=DAY, completed_by="rev"),
    annotation(9, "2024-03-08 12:00", lead_time=-DAY),
    annotation(10, "2024-03-08 12:00", lead_time=2, last_action="rejected"),
    # Days of other periods.
    annotation(11, "2024-02-29 23:59:59.999999", lead_time=2 * DAY),
    annotation(12, "2024-04-01 00:00", lead_time=2 * DAY),
]

NOTES += [
    Case("moved_later", "is countable ones of the period completed after it", LATER, 4),
    Case("moved_later", "counts rejected ones if told to", LATER, 5, rules=REJECTED_COUNTS),
    Case("moved_later_time", "is their usable times", LATER, 3.0),
    Case("moved_later_time", "counts rejected ones if told to", LATER, 35.0, rules=REJECTED_COUNTS),
    Case("moved_later_time", "is 0 without any", COUNTABLE, 0.0),
    Case("submitted_annotations", "has none that moved later", LATER, 1),
    Case("days_over_24_hours", "is days of more than 24 hours", LONG_DAYS, 2),
    Case("days_over_24_hours", "counts rejected ones if told to", LONG_DAYS, 3, rules=REJECTED_COUNTS),
    Case("days_over_24_hours", "is each member's own", LONG_DAYS, 0, user="rev"),
    Case("days_over_24_hours", "is 0 without work", [], 0),
    Case("first_submitted_earlier", "is countable ones of before the period", EARLIER, 4),
    Case("first_submitted_earlier", "counts rejected ones if told to", EARLIER, 5, rules=REJECTED_COUNTS),
    Case("first_submitted_earlier_time", "is their usable times", EARLIER, 3.0),
    Case("first_submitted_earlier_time", "counts rejected ones if told to", EARLIER, 11.0, rules=REJECTED_COUNTS),
    Case("first_submitted_earlier_time", "is 0 without any", COUNTABLE, 0.0),
    Case(
        "updated_after_rejection",
        "is updated ones whose latest review rejects",
        [
            *(annotation(number, "2024-03-05 10:00", last_action="updated") for number in range(1, 7)),
            # 1: rejected; 2: accepted since; 3: rejected since; 4: nothing; 5: no review action since; 6: accepted
            review(1, "2024-02-01 10:00", "rejected", annotation_id=1),
            review(2, "2024-02-01 10:00", "rejected", annotation_id=2),
            review(3, "2024-02-02 10:00", "accepted", annotation_id=2),
            review(4, "2024-02-01 10:00", "fixed_and_accepted", annotation_id=3),
            review(5, "2024-02-02 10:00", "rejected", annotation_id=3),
            review(6, "2024-02-01 10:00", "rejected", annotation_id=5),
            review(7, "2024-02-02 10:00", "pondered", annotation_id=5),
            review(8, "2024-02-02 10:00", "accepted", annotation_id=6),
        ],
        3,
    ),
    Case(
        "updated_after_rejection",
        "at one instant the review with the later id decides",
        [
            *(annotation(number, "2024-03-05 10:00", last_action="updated") for number in (1, 2)),
            review("a1", "2024-02-01 10:00", "rejected", annotation_id=1),
            review("b1", "2024-02-01 10:00", "accepted", annotation_id=1),
            review("a2", "2024-02-01 10:00", "accepted", annotation_id=2),
            review("b2", "2024-02-01 10:00", "rejected", annotation_id=2),
        ],
        1,
    ),
    Case(
        "updated_after_rejection",
        "at one instant the review with the higher number decides, and texts come after numbers",
        [
            *(annotation(number, "2024-03-05 10:00", last_action="updated") for number in (1, 2, 3, 4)),
            review(100, "2024-02-01 10:00", "rejected", annotation_id=1),
            review(99, "2024-02-01 10:00", "accepted", annotation_id=1),
            review(101, "2024-02-01 10:00", "accepted", annotation_id=2),
            review(102, "2024-02-01 10:00", "rejected", annotation_id=2),
            review("0x", "2024-02-01 10:00", "rejected", annotation_id=3),
            review(900, "2024-02-01 10:00", "accepted", annotation_id=3),
            review("007", "2024-02-01 10:00", "accepted", annotation_id=4),
            review(8, "2024-02-01 10:00", "rejected", annotation_id=4),
        ],
        3,
    ),
    Case(
        "updated_after_rejection",
        "has updated ones of the period only",
        [
            annotation(1, "2024-03-05 10:00"),
            annotation(2, "2024-03-05 10:00", last_action="rejected"),
            annotation(3, "2024-03-05 10:00", last_action="updated", was_cancelled=True),
            annotation(4, "2024-02-29 10:00", last_action="updated"),
            annotation(5, "2024-03-05 10:00", last_action="updated", completed_by="rev"),
            *(review(number, "2024-02-01 10:00", "rejected", annotation_id=number) for number in range(1, 6)),
        ],
        0,
    ),
    # submitted, updated and accepted ones, and a skipped one
    Case(
        "completed_at_estimated",
        "is countable and skipped ones",
        [
            *COUNTABLE[3:],
            *ESTIMATED,
            annotation(11, "2024-03-05 10:00", completed_at_estimated=True, was_cancelled=True, last_action="skipped"),
            annotation(12, "2024-03-05 10:00", was_cancelled=True, last_action="skipped"),
            annotation(13, "2024-04-01 00:00", completed_at_estimated=True),
            annotation(14, "2024-03-05 10:00", completed_at_estimated=True, completed_by="rev"),
        ],
        4,
    ),
    Case("completed_at_estimated", "counts rejected ones if told to", ESTIMATED, 4, rules=REJECTED_COUNTS),
]

FLAGGED = {
    "posted_by_others": AnnotationFlag.POSTED_BY_OTHER,
    "imported": AnnotationFlag.IMPORTED,
    "longer_than_task": AnnotationFlag.LONGER_THAN_TASK,
}
NOTES += [
    Case(
        key,
        "is countable ones with that flag",
        [
            flagged(1, flag),
            flagged(2, AnnotationFlag(7)),
            flagged(3, AnnotationFlag(7) & ~flag),
            flagged(4, AnnotationFlag.NONE),
            flagged(9, AnnotationFlag(7) & ~flag),
            flagged(5, flag, last_action="rejected"),
            flagged(6, flag, was_cancelled=True),
            flagged(7, flag, completed_by="rev"),
            flagged(8, flag, completed_at=at("2024-04-01 00:00")),
        ],
        2,
    )
    for key, flag in FLAGGED.items()
]

TAKEN_OVER = [
    flagged(1, AnnotationFlag.FROM_PREDICTION),
    flagged(2, AnnotationFlag(15), last_action="accepted"),
    flagged(3, AnnotationFlag(7), lead_time=3),
    flagged(4, AnnotationFlag.FROM_PREDICTION, was_cancelled=True),
    flagged(5, AnnotationFlag.FROM_PREDICTION, last_action="rejected"),
    flagged(6, AnnotationFlag.FROM_PREDICTION, completed_by="rev"),
    flagged(7, AnnotationFlag.FROM_PREDICTION, last_action="prediction"),
]
PREDICTIONS_COUNT = Rules(count_predictions=True)
NOTES += [
    Case("from_predictions", "is those that would count", TAKEN_OVER, 2),
    Case("from_predictions", "is told where they count, too", TAKEN_OVER, 2, rules=PREDICTIONS_COUNT),
    Case("submitted_annotations", "leaves predictions out", TAKEN_OVER, 1, {"2024-03-05": 1}),
    Case("submitted_annotations", "holds them if told to", TAKEN_OVER, 3, {"2024-03-05": 3}, rules=PREDICTIONS_COUNT),
    Case("lead_time_missing", "leaves predictions out", TAKEN_OVER, 0),
]

REVIEWS_TAKEN = [
    review(1, "2024-03-05 10:00", "accepted"),
    review(2, "2024-03-05 11:00", "accepted"),  # the same annotation once more
    review(3, "2024-03-06 10:00", "accepted", completed_by="rev"),
    review(4, "2024-03-05 10:00", "rejected"),
    review(5, "2024-03-06 10:00", "rejected"),
    review(6, "2024-03-06 10:00", "fixed_and_accepted", score=0.5),
    review(7, "2024-03-05 10:00", "pondered"),
    *(
        review(f"{action} {place}", instant, action, reviewer_id=reviewer)
        for action in ("accepted", "rejected", "fixed_and_accepted")
        for place, (instant, reviewer) in enumerate(
            (
                ("2024-02-29 23:59:59.999999", "rev"),
                ("2024-04-01 00:00", "rev"),
                ("2024-03-05 10:00", "ann"),
                ("2024-03-05 10:00", None),
            )
        )
    ),
]

VISITS = [
    visit(1, "2024-03-05 10:00", "2024-03-05 10:00:01.5"),
    visit(2, "2024-03-05 10:00", "2024-03-05 10:00:02"),  # at the same time
    visit(3, "2024-03-05 23:59:58", "2024-03-06 00:00:02"),  # 4 s, on the day when it was closed
    visit(4, "2024-02-29 23:59:52", "2024-03-01 00:00"),  # 8 s, closed at the first instant of March
    visit(5, "2024-03-07 10:00", "2024-03-07 10:00"),
    visit(6, "2024-03-31 23:59:00", "2024-04-01 00:00"),
    visit(7, "2024-02-29 10:00", "2024-02-29 10:01"),
    visit(8, "2024-03-05 10:00", "2024-03-05 10:01", user_id="ann"),
    visit(9, "2024-03-05 10:00", None),
    visit(10, "2024-03-05 10:00", "2024-03-05 09:59:59.999999"),
    visit(11, "2024-04-01 00:01", "2024-03-31 10:00"),  # by the instant at which it says to be closed
    visit(12, "2024-02-29 10:00", None),
    visit(13, "2024-03-31 10:00", "2024-02-29 10:00"),
    visit(14, "2024-03-05 10:00", None, user_id="ann"),
]

GOT = [
    review(1, "2024-03-05 10:00", "accepted"),
    review(2, "2024-03-05 11:00", "accepted"),  # the same annotation once more
    review(3, "2024-03-06 10:00", "accepted", reviewer_id="ann", annotation_id=2),
    review(4, "2024-03-05 10:00", "rejected"),
    review(5, "2024-03-06 10:00", "rejected", reviewer_id=None),
    review(6, "2024-03-06 10:00", "fixed_and_accepted"),
]
RECEIVED = [
    Case("received_accepted", "is every action", [*UNSCORED, *GOT], 3, {"2024-03-05": 2, "2024-03-06": 1}),
    Case("received_accepted", "is 0 without any", UNSCORED, 0, {"2024-03-05": 0}),
    Case("received_rejected", "is every action", [*UNSCORED, *GOT], 2, {"2024-03-05": 1, "2024-03-06": 1}),
    Case("received_fixed_and_accepted", "is every action", [*UNSCORED, *GOT], 1, {"2024-03-05": 0, "2024-03-06": 1}),
]


def reviews_of(annotation_id: int, *told: tuple[int | str, str, str], **columns: object) -> list[Fact]:
    """Return reviews of one of ann's annotations, by id, instant and action."""
    return [review(number, instant, action, annotation_id=annotation_id, **columns) for number, instant, action in told]


FIRST = [
    # Accepted at first and rejected afterwards; rejected at first; fixed at first, by ann herself.
    *reviews_of(1, (1, "2024-03-05 10:00", "accepted"), (2, "2024-03-06 10:00", "rejected")),
    *reviews_of(2, (3, "2024-03-05 10:00", "rejected"), (4, "2024-03-05 10:01", "accepted")),
    *reviews_of(3, (5, "2024-03-06 10:00", "fixed_and_accepted"), reviewer_id="ann"),
    # First reviewed before March, and after it.
    *reviews_of(4, (6, "2024-02-29 23:59:59.999999", "accepted"), (7, "2024-03-05 10:00", "rejected")),
    *reviews_of(5, (8, "2024-04-01 00:00", "rejected")),
    # Another kind of action is none; of others and of nobody.
    *reviews_of(6, (9, "2024-02-01 10:00", "pondered"), (10, "2024-03-06 11:00", "accepted")),
    *reviews_of(7, (11, "2024-03-05 10:00", "rejected"), completed_by="rev"),
    *reviews_of(8, (12, "2024-03-05 10:00", "rejected"), completed_by=None),
    # The state of the annotation does not matter.
    annotation(1, "2024-01-05 10:00", last_action="rejected"),
    annotation(3, "2024-03-05 10:00", was_cancelled=True, last_action="skipped"),
]
"""First reviews of March: on the 5th one of two passes, on the 6th both."""

SAME_INSTANT = [
    # As numbers 9 is before 10, and as texts "a" before "b"; numbers are before texts, "007" among these.
    *reviews_of(1, (10, "2024-03-05 10:00", "rejected"), (9, "2024-03-05 10:00", "accepted")),
    *reviews_of(2, ("b", "2024-03-05 10:00", "rejected"), ("a", "2024-03-05 10:00", "accepted")),
    *reviews_of(3, ("007", "2024-03-05 10:00", "rejected"), (20, "2024-03-05 10:00", "accepted")),
    *reviews_of(4, (-5, "2024-03-05 10:00", "rejected"), (-12, "2024-03-05 10:00", "accepted")),
    *reviews_of(5, (-7, "2024-03-05 10:00", "accepted"), (0, "2024-03-05 10:00", "rejected")),
    *reviews_of(6, ("Z", "2024-03-05 10:00", "accepted"), ("ä", "2024-03-05 10:00", "rejected")),
    *reviews_of(7, (10**40, "2024-03-05 10:00", "rejected"), (10**40 - 1, "2024-03-05 10:00", "accepted")),
    *reviews_of(8, ("-x", "2024-03-05 10:00", "rejected"), (5, "2024-03-05 10:00", "accepted")),
    *reviews_of(9, ("1e1", "2024-03-05 10:00", "rejected"), (31, "2024-03-05 10:00", "accepted")),
    *reviews_of(10, (-31, "2024-03-05 10:00", "rejected"), (-32, "2024-03-05 10:00", "accepted")),
]
RECEIVED += [
    Case("first_pass", "is the share that passes at first", FIRST, 3 / 4, {"2024-03-05": 0.5, "2024-03-06": 1.0}),
    Case("first_pass", "is missing where nothing was reviewed at first", FIRST[5:8], None, {"2024-03-05": None}),
    Case("first_pass", "of rejections is 0", FIRST[2:4], 0.0),
    Case("first_pass", "at one instant has the lower id first", SAME_INSTANT, 1.0),
    Case(
        "first_pass",
        "reaches from the first to the last instant",
        [
            *reviews_of(1, (1, "2024-03-01 00:00", "accepted")),
            *reviews_of(2, (2, "2024-03-31 23:59:59.999999", "rejected")),
        ],
        0.5,
        {"2024-03-01": 1.0, "2024-03-31": 0.0},
    ),
]

LONG = [
    # The median of 2, 2, 2, 20, 20.000001 and 900 is 11: only 900 is longer than 110.
    *(annotation(number, "2024-03-05 10:00", lead_time=2) for number in (1, 2, 3)),
    annotation(4, "2024-03-05 11:00", lead_time=20),
    annotation(5, "2024-03-06 10:00", last_action="updated", lead_time=20.000001),
    annotation(6, "2024-03-06 11:00", lead_time=900),
]
LONGER = [
    # Nine of 2 make the median of all 2: 20 is ten times that and not longer.
    *LONG,
    *(annotation(number, "2024-03-07 10:00", lead_time=2) for number in range(11, 17)),
    # These take no part in Total Time, nor in the median.
    *(annotation(number, "2024-03-06 10:00", lead_time=5_000, last_action="rejected") for number in (21, 22)),
    *(annotation(number, "2024-03-06 10:00", lead_time=5_000, was_cancelled=True) for number in range(23, 33)),
    *(annotation(number, "2024-03-06 10:00", lead_time=None) for number in range(33, 43)),
    *(annotation(number, "2024-04-01 00:00", lead_time=5_000) for number in range(43, 53)),
    *(annotation(number, "2024-03-06 10:00", lead_time=5_000, completed_by="rev") for number in range(53, 63)),
]
NO_TIME = [annotation(number, "2024-03-05 10:00", lead_time=0) for number in (1, 2, 3)]
HALF = [
    # The median of 1 and 2 µs beside 0 and 15 or 16 µs is 1.5 µs, and ten times that 15 µs.
    *(annotation(number, "2024-03-05 10:00", lead_time=number / 10**6) for number in (0, 1, 2)),
]
RECEIVED += [
    Case("long_time", "is longer than ten medians of all days", LONG, 900.0, {"2024-03-06": 900.0}),
    Case(
        "long_time",
        "has no time that is ten medians or does not count",
        LONGER,
        920.000001,
        {"2024-03-05": 0.0, "2024-03-06": 920.000001},
    ),
    Case("long_annotations", "have no time that is ten medians", LONGER, 2, {"2024-03-05": 0, "2024-03-06": 2}),
    Case("long_annotations", "count rejected ones if told to", LONGER, 4, rules=REJECTED_COUNTS),
    Case("long_annotations", "are the other member's by their own median", LONGER, 0, user="rev"),
    Case(
        "long_annotations",
        "are compared in whole microseconds",
        [*HALF, annotation(9, "2024-03-05 10:00", lead_time=0.000_015)],
        0,
    ),
    Case(
        "long_annotations",
        "are longer by a microsecond",
        [*HALF, annotation(9, "2024-03-05 10:00", lead_time=0.000_016)],
        1,
    ),
    Case("long_annotations", "are none where the median is 0", [*NO_TIME, LONG[-1]], 0),
    Case("long_time", "is 0 where the median is 0", [*NO_TIME, LONG[-1]], 0.0, {"2024-03-06": 0.0}),
    Case("long_time", "is missing where Total Time is", UNTIMED, None, {"2024-03-05": None, "2024-03-06": 0.0}),
    Case("long_time", "is 0 without work", [], 0.0),
]


def comment(number: int, created_at: str, created_by: str | None, completed_by: str | None = "ann") -> Comment:
    """Return somebody's comment on an annotation of ann's, or of another's."""
    made = at(created_at)
    return Comment(
        "acme", number, 1, "p1", "t1", completed_by, created_by, text="…", created_at=made, updated_at=made,
        is_resolved=False,
    )  # fmt: skip


COMMENTS = [
    comment(1, "2024-03-01 00:00", "rev"),
    comment(2, "2024-03-31 23:59:59.999999", "rev"),
    comment(3, "2024-03-05 10:00", None),
    comment(4, "2024-03-05 10:00", "ann"),
    comment(5, "2024-03-05 10:00", "ann", "rev"),
    comment(6, "2024-03-05 10:00", "rev", "rev"),
    comment(7, "2024-03-05 10:00", "rev", None),
    comment(8, "2024-02-29 23:59:59.999999", "rev"),
    comment(9, "2024-04-01 00:00", "ann"),
]


def instant(text: str) -> int:
    """Return an instant in microseconds since 1970."""
    return round(at(text).timestamp() * 1_000_000)


ACTIVE = [
    annotation(1, "2024-03-05 10:00", lead_time=1),
    annotation(2, "2024-04-01 00:00"),
    annotation(3, "2024-03-20 10:00", last_action="imported"),
    annotation(4, "2024-03-20 10:00", completed_by="rev"),
    comment(1, "2024-03-20 10:00", "rev"),
    review(1, "2024-03-20 10:00", "accepted"),
    review(2, "2024-03-20 10:00", "pondered", reviewer_id="ann"),
    visit(1, "2024-03-20 10:00", "2024-03-20 10:05", user_id="ann"),
]
ALL_KINDS = ("reviews", "review_visits", "comments")
RECEIVED += [
    Case("comments_received", "are by others on ann's annotations", COMMENTS, 3, recorded=ALL_KINDS),
    Case("comments_received", "are by others on rev's annotations", COMMENTS, 1, user="rev", recorded=ALL_KINDS),
    Case("comments_added", "are ann's on whosever annotations", COMMENTS, 2, recorded=ALL_KINDS),
    Case("comments_added", "are rev's on whosever annotations", COMMENTS, 4, user="rev", recorded=ALL_KINDS),
    Case("comments_received", "are 0 without any", [], 0, recorded=ALL_KINDS),
    Case("last_active", "is missing without work", [], None),
    Case("last_active", "is the latest work", ACTIVE, instant("2024-03-05 10:00")),
    *(
        Case("last_active", f"is the latest {name}", [*ACTIVE, fact], instant("2024-03-06 12:34:56.789"))
        for name, fact in {
            "submit": annotation(9, "2024-03-06 12:34:56.789"),
            "skip": annotation(9, "2024-03-06 12:34:56.789", was_cancelled=True, last_action="odd"),
            "rejected annotation": annotation(9, "2024-03-06 12:34:56.789", last_action="rejected"),
            "acceptance": review(9, "2024-03-06 12:34:56.789", "accepted", reviewer_id="ann", completed_by="rev"),
            "rejection": review(9, "2024-03-06 12:34:56.789", "rejected", reviewer_id="ann", completed_by=None),
            "fix": review(9, "2024-03-06 12:34:56.789", "fixed_and_accepted", reviewer_id="ann"),
            "comment": comment(9, "2024-03-06 12:34:56.789", "ann", "rev"),
        }.items()
    ),
    Case("last_active", "has no predictions", [flagged(1, AnnotationFlag.FROM_PREDICTION)], None),
]

REVIEWING = [
    # 1 twice, and 2 once; of other kinds, times and people there are more.
    Case(
        "annotations_reviewed",
        "is each annotation once",
        [
            *REVIEWS_TAKEN,
            review(21, "2024-03-05 10:00", "rejected", annotation_id=2),
            review(22, "2024-03-05 10:00", "pondered", annotation_id=3),
            review(23, "2024-04-01 00:00", "accepted", annotation_id=4),
        ],
        2,
        {"2024-03-05": 2, "2024-03-06": 1, "2024-03-07": 0},
        user="rev",
    ),
    Case("annotations_reviewed", "is 0 without reviews", [], 0, user="rev"),
    # 0, 1.5, 2, 4 and 8 s
    Case("review_time_median", "is the middle one", VISITS, 2.0, user="rev"),
    Case("review_time_median", "of an even number is between two", VISITS[:2], 1.75, user="rev"),
    Case("review_time_median", "is missing without usable visits", VISITS[8:10], None, user="rev"),
    Case("review_time_average", "is the mean of usable visits", VISITS, 3.1, user="rev"),
    Case("review_time_average", "is missing without usable visits", VISITS[8:10], None, user="rev"),
    Case("reviews_accepted", "is every action", REVIEWS_TAKEN, 3, {"2024-03-05": 2, "2024-03-06": 1}, user="rev"),
    Case("reviews_rejected", "is every action", REVIEWS_TAKEN, 2, {"2024-03-05": 1, "2024-03-06": 1}, user="rev"),
    Case(
        "reviews_fixed_and_accepted",
        "is every action",
        REVIEWS_TAKEN,
        1,
        {"2024-03-05": 0, "2024-03-06": 1},
        user="rev",
    ),
    Case(
        "review_time",
        "is the sum of visits",
        VISITS,
        15.5,
        {"2024-03-05": 3.5, "2024-03-06": 4.0, "2024-03-01": 8.0, "2024-03-07": 0.0},
        user="rev",
    ),
    Case("review_time", "is 0 without visits", [], 0.0, {"2024-03-05": 0.0}, user="rev"),
    Case(
        "review_time", "is 0 where nothing can be timed", [VISITS[8], VISITS[9]], 0.0, {"2024-03-05": 0.0}, user="rev"
    ),
    Case("unusable_visits", "is unclosed and negative ones", VISITS, 3, user="rev"),
]

NEEDED = {
    "reviews": [
        "performance_score",
        "fixes_without_score",
        "updated_after_rejection",
        "own_reviews",
        "performance_score_without_own_reviews",
        "other_reviews",
        "received_accepted",
        "received_fixed_and_accepted",
        "received_rejected",
        "first_pass",
        "annotations_reviewed",
        "reviews_accepted",
        "reviews_rejected",
        "reviews_fixed_and_accepted",
    ],
    "review_visits": ["review_time", "review_time_median", "review_time_average", "unusable_visits"],
    "comments": ["comments_received", "comments_added"],
}
"""What has no value where its source does not record such facts."""

UNRECORDED = [
    Case(
        key,
        f"has no value without {kind}",
        COUNTABLE,
        None,
        user=user,
        recorded=[other for other in NEEDED if other != kind],
    )
    for kind, keys in NEEDED.items()
    for key in keys
    for user in ("ann", "rev")
]

CASES = [*SUMMARY, *SCORES, *RECEIVED, *NOTES, *REVIEWING, *UNRECORDED]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One embedded store for all cases, each of which is an organization of its own."""
    opened = open_store(f"duckdb:///{tmp_path_factory.mktemp('store') / Path('facts.duckdb')}")
    yield opened
    opened.close()


def moved(fact: Fact | Snapshot, organization: str) -> Fact | Snapshot:
    """Return a fact in another organization."""
    if isinstance(fact, Snapshot):
        return replace(fact, annotation=replace(fact.annotation, organization_id=organization))
    return replace(fact, organization_id=organization)


def told(store: Store, case: Case, grain: Grain = Grain.DAY, **asked: str) -> Report:
    """Write a case's facts and return the report about March 2024."""
    organization = f"{case.key}: {case.name} ({case.user})"
    facts: list[Fact] = [
        Member(organization, "ann", None, None, role="annotator"),
        Member(organization, "rev", None, None, role="reviewer"),
        Project(organization, "p1", None, title="One"),
        *(Recorded(organization, kind) for kind in case.recorded),
    ]
    store.write([*facts, *(moved(fact, organization) for fact in case.facts)], unknown="keep")
    return answered(store, case, grain, user=case.user, **asked)


def answered(store: Store, case: Case, grain: Grain = Grain.DAY, **asked: str) -> Report:
    """Return the report about March 2024."""
    given = {"from": "2024-03-01", "to": "2024-03-31", "tz": "UTC", **asked}
    query = parse({name: [value] for name, value in given.items()})
    organization = f"{case.key}: {case.name} ({case.user})"
    return report(store, Viewer(organization, "boss", "owner"), query, case.rules, grain)


def test_every_number_has_cases() -> None:
    assert {case.key for case in CASES} == set(BY_KEY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.key} {case.name} ({case.user})")
def test_a_number_is_what_its_definition_says(store: Store, case: Case) -> None:
    answer = told(store, case)
    found = answer.values[case.key]
    assert (found, type(found)) == (case.expected, type(case.expected))
    by_day = {point.bucket.first: point.values for point in answer.series}
    assert len(by_day) == 31
    for day, expected in case.days.items():
        found = by_day[date.fromisoformat(day)][case.key]
        assert (found, type(found)) == (expected, type(expected)), day
    # Of many members engines are asked in another way.
    rows = {row.user.user_id: row.values for row in answered(store, case, members="all", idle="show").members}
    found = rows[case.user][case.key]
    assert (found, type(found)) == (case.expected, type(case.expected))


@pytest.mark.parametrize("key", ["reviews_accepted", "reviews_rejected", "reviews_fixed_and_accepted", "review_time"])
def test_days_of_before_something_was_recorded_have_no_value(store: Store, key: str) -> None:
    since = at("2024-03-10 00:00")
    facts = [Recorded("acme", kind, since) for kind in ("reviews", "review_visits")]
    answer = told(store, Case(key, "recorded since the 10th", facts, 0, user="rev", recorded=()))
    by_day = {str(point.bucket.first): point.values[key] for point in answer.series}
    assert (by_day["2024-03-01"], by_day["2024-03-09"]) == (None, None)
    assert (by_day["2024-03-10"], by_day["2024-03-31"], answer.values[key]) == (0, 0, 0)


@pytest.mark.parametrize("grain", Grain)
@pytest.mark.parametrize(
    ("zone", "long"),
    # Auckland is 13 hours ahead: 21:00 falls on the day of what follows, twice. In UTC 03:00 and 13:00 are of one day.
    [("UTC", 1), ("Pacific/Auckland", 2), ("America/Phoenix", 1)],
)
def test_long_days_are_of_the_zone_whatever_the_bars(store: Store, grain: Grain, zone: str, long: int) -> None:
    facts = [
        annotation(1, "2024-03-10 21:00", lead_time=13 * 3_600),
        annotation(2, "2024-03-11 03:00", lead_time=13 * 3_600),
        annotation(3, "2024-03-11 13:00", lead_time=12 * 3_600),
        annotation(4, "2024-03-20 21:00", lead_time=13 * 3_600),
        annotation(5, "2024-03-21 08:00", lead_time=13 * 3_600),
    ]
    case = Case("days_over_24_hours", f"by {grain} in {zone}", facts, long)
    asked = told(store, case, grain=grain, tz=zone)
    assert asked.values[case.key] == long


def test_a_day_of_25_hours_has_no_more_than_24(store: Store) -> None:
    facts = [annotation(1, "2024-10-27 12:00", lead_time=DAY + 1), annotation(2, "2024-10-28 12:00", lead_time=DAY)]
    case = Case("days_over_24_hours", "when clocks go back", facts, 1)
    period = {"from": "2024-10-01", "to": "2024-10-31", "tz": "Europe/Berlin"}
    assert told(store, case, **period).values[case.key] == 1


def test_a_period_of_before_reviews_were_recorded_has_no_number_of_them(store: Store) -> None:
    since = [Recorded("acme", kind, at("2024-04-01 00:00")) for kind in ("reviews", "review_visits")]
    case = Case("reviews_accepted", "recorded since April", since, None, user="rev", recorded=())
    values = told(store, case).values
    assert {values[key] for key in NEEDED["reviews"]} == {None}
    assert values["review_time"] == 0.0  # of a whole period a number, wherever visits are recorded at all
    kept = Case("reviews_accepted", "and one of before", [*since, *REVIEWS_TAKEN], 3, user="rev", recorded=())
    assert told(store, kept).values["reviews_accepted"] == 3


def test_annotations_of_before_reviews_were_recorded_take_no_part_in_first_pass(store: Store) -> None:
    facts = [
        Recorded("acme", "reviews", at("2024-03-04 00:00")),
        annotation(1, "2024-03-05 10:00", created_at=at("2024-03-03 23:59:59.999999")),
        annotation(2, "2024-03-05 10:00", created_at=at("2024-03-04 00:00")),
        *reviews_of(1, (1, "2024-03-05 10:00", "accepted")),
        *reviews_of(2, (2, "2024-03-05 10:00", "rejected")),
        *reviews_of(3, (3, "2024-03-06 10:00", "accepted")),  # of which nobody knows when it was created
    ]
    case = Case("first_pass", "recorded since the 4th", facts, 0.5, recorded=())
    answer = told(store, case)
    assert (answer.values["first_pass"], answer.values["received_accepted"]) == (0.5, 2)
    always = [Recorded("acme", "reviews"), *facts[1:]]
    assert told(store, Case("first_pass", "always recorded", always, 2 / 3, recorded=())).values["first_pass"] == 2 / 3


def test_a_number_speaks_of_the_chosen_projects_only(store: Store) -> None:
    facts = [
        annotation(1, "2024-03-05 10:00", lead_time=1),
        annotation(2, "2024-03-05 10:00", lead_time=2, project_id="p2"),
        review(1, "2024-03-05 10:00", "accepted"),
        review(2, "2024-03-05 10:00", "rejected", annotation_id=2, project_id="p2"),
        # Earlier, but out of sight where only p1 is asked for.
        review(3, "2024-03-01 10:00", "rejected", project_id="p2"),
        Project("acme", "p2", None, title="Two"),
    ]
    for project, time, score, passes in (("p1", 1.0, 1.0, 1.0), ("p2", 2.0, 0.0, 0.0)):
        case = Case("total_time", f"of project {project}", facts, time)
        values = told(store, case, project=project).values
        assert (values["total_time"], values["performance_score"], values["first_pass"]) == (time, score, passes)
