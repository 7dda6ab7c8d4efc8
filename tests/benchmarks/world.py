"""A made-up organization of any size: who works in it, and two years of what they did, the same for the same seed.

Facts come in chunks of bounded size, as columns of whole numbers in the way that stores keep them (instants and lead
times in microseconds, scores in millionths, ids before they become text, actions and texts as places in `WORDS`), and
in the order of time, as a platform that is followed hands them over.

What is skewed is what is skewed in real organizations: a few members do most of the work, everybody works in a few
projects, on weekdays and at daytime; lead times have a long tail; a tenth is updated later, a quarter is reviewed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perfwidget.facts import (
    RECORDED_KINDS,
    Action,
    Annotation,
    AnnotationFlag,
    Comment,
    Fact,
    Member,
    Membership,
    Project,
    Recorded,
    Review,
    ReviewVisit,
    Workspace,
)
from perfwidget.facts.columns import INVALID_LEAD_TIME
from tests.worlds import ORGANIZATION

Numbers = NDArray[np.int64]
Columns = dict[str, np.ndarray]
Chunk = dict[type[Fact], Columns]
"""The rows of some tables: integers and flags, every column of one length; those left out are null, or false."""

CHUNK = 2 * 122_880
"""Annotations at once: whole row groups of DuckDB, which it compresses once then."""

NOTHING = int(np.iinfo(np.int64).min)
"""Stands for null."""
WORDS = (
    "submitted",
    "updated",
    "accepted",
    "rejected",
    "fixed_and_accepted",
    "skipped",
    "imported",
    "Please look at the left edge again.",
    "Is this one object or two?",
    "Well done.",
)
SUBMITTED, UPDATED, ACCEPTED, REJECTED, FIXED, SKIPPED, IMPORTED, FIRST_REMARK = range(8)
LAST_ACTIONS = (0.60, 0.12, 0.15, 0.04, 0.04, 0.045, 0.005)
"""The shares of the first seven words among last actions."""
FLAGS = (AnnotationFlag.NONE, AnnotationFlag.POSTED_BY_OTHER, AnnotationFlag.LONGER_THAN_TASK)

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
FIRST_DAY, LAST_DAY = date(2024, 1, 1), date(2025, 12, 31)
START = (FIRST_DAY - date(1970, 1, 1)).days * DAY
END = ((LAST_DAY - date(1970, 1, 1)).days + 1) * DAY
FIRST_MEMBER, FIRST_PROJECT, WORKSPACES = 1_000, 1, 4


@dataclass(frozen=True, slots=True)
class World:
    """An organization with so many annotations; its members and projects grow with the root of that."""

    annotations: int
    seed: int = 7

    @property
    def members(self) -> int:
        """How many members there are: 200 for a million annotations, 2,000 for a hundred million."""
        return max(12, round(sqrt(self.annotations) / 5))

    @property
    def projects(self) -> int:
        """How many projects there are."""
        return max(4, round(sqrt(self.annotations) / 50))

    @property
    def heaviest(self) -> str:
        """The id of the member who did most."""
        return str(FIRST_MEMBER + int(np.argmax(self._shares())))

    @property
    def typical(self) -> str:
        """The id of a member whom half of the others outdo."""
        return str(self._by_work()[self.members // 2])

    @property
    def reviewing(self) -> str:
        """The id of such a member among those who review, whose page has something to draw in each graph."""
        reviewers = [each for each in self._by_work() if self._reviews(each)]
        return str(reviewers[len(reviewers) // 2])

    def _by_work(self) -> list[int]:
        """Return the members, who did least first."""
        return [FIRST_MEMBER + int(place) for place in np.argsort(self._shares())]

    def cast(self) -> Iterator[Fact]:
        """Yield all that is not somebody's work: members, projects, memberships, and what is recorded."""
        yield Member(ORGANIZATION, "boss", "boss@acme.example", "Boss", role="owner")
        yield Member(ORGANIZATION, "lead", "lead@acme.example", "Lead", role="manager")
        yield from self.workers()
        for each in range(WORKSPACES):
            yield Workspace(ORGANIZATION, f"w{each}", f"Workspace {each}")
        for each in range(FIRST_PROJECT, FIRST_PROJECT + self.projects):
            yield Project(ORGANIZATION, each, f"w{each % WORKSPACES}", title=f"Project {each}")
        for each in range(FIRST_PROJECT, FIRST_PROJECT + self.projects, 2):
            yield Membership(ORGANIZATION, "lead", project_id=each)
        for kind in RECORDED_KINDS:
            yield Recorded(ORGANIZATION, kind)

    def workers(self) -> Iterator[Member]:
        """Yield the members who annotate; every tenth reviews, too."""
        for each in range(FIRST_MEMBER, FIRST_MEMBER + self.members):
            role = "reviewer" if self._reviews(each) else "annotator"
            yield Member(ORGANIZATION, each, f"m{each}@acme.example", f"Member {each}", role=role)

    def chunks(self) -> Iterator[Chunk]:
        """Yield all work in the order of time, up to `CHUNK` annotations at once and what belongs to them."""
        for first in range(0, self.annotations, CHUNK):
            yield self._chunk(first, min(CHUNK, self.annotations - first))

    def _reviews(self, member: int) -> bool:
        """Say whether a member reviews: every tenth does, the busiest among them."""
        return member % 10 == int(self.heaviest) % 10

    def _shares(self) -> NDArray[np.float64]:
        """Return how much of the work each member does."""
        drawn = np.random.default_rng([self.seed, 0]).lognormal(0, 1, self.members)
        return drawn / drawn.sum()

    def _chunk(self, first: int, size: int) -> Chunk:
        rng = np.random.default_rng([self.seed, 1, first])
        place = np.arange(first, first + size)
        member = np.minimum(np.searchsorted(np.cumsum(self._shares()), rng.random(size)), self.members - 1)
        project = (member * 7 + np.minimum(rng.geometric(0.5, size) - 1, 5)) % self.projects
        created = np.sort(_at_work(rng, START + (place + rng.random(size)) * (END - START) / self.annotations))
        action = np.searchsorted(np.cumsum(LAST_ACTIONS[:-1]), rng.random(size))
        lead = _lead_times(rng, project)
        estimated = np.isin(action, (UPDATED, SKIPPED)) & (rng.random(size) < 0.02)
        later = np.minimum(rng.lognormal(np.log(DAY), 1.5, size).astype(np.int64), 60 * DAY)
        completed = np.where((action == UPDATED) & ~estimated, np.minimum(created + later, END - 1), created)
        annotations = {
            "annotation_id": 10_000_000 + place,
            "project_id": FIRST_PROJECT + project,
            "task_id": 5_000_000 + place * 4 // 5,
            "completed_by": FIRST_MEMBER + member,
            "created_at": created,
            "started_at": created - np.maximum(lead, 0),
            "completed_at": completed,
            "completed_at_estimated": estimated,
            "updated_at": completed,
            "lead_time": lead,
            "last_action": action,
            "was_cancelled": action == SKIPPED,
            "flags": rng.choice(
                [AnnotationFlag.NONE, AnnotationFlag.POSTED_BY_OTHER, AnnotationFlag.LONGER_THAN_TASK],
                size,
                p=[0.98, 0.01, 0.01],
            ),
        }
        reviews = self._reviewed(rng, annotations)
        return {
            Annotation: annotations,
            Review: reviews,
            ReviewVisit: _visits(rng, reviews),
            Action: _actions(annotations, reviews),
            Comment: self._comments(rng, annotations),
        }

    def _reviewers(self, rng: Generator, size: int) -> Numbers:
        """Return who reviews, by chance."""
        every = [each for each in range(FIRST_MEMBER, FIRST_MEMBER + self.members) if self._reviews(each)]
        return rng.choice(np.array(every), size)

    def _reviewed(self, rng: Generator, annotations: Columns) -> Columns:
        """Return the reviews: the one that decided, and for some a rejection before it."""
        action, created, completed = (annotations[name] for name in ("last_action", "created_at", "completed_at"))
        chance = rng.random(len(action))
        decided = np.flatnonzero(np.isin(action, (ACCEPTED, REJECTED, FIXED)))
        sent_back = np.flatnonzero(((action == UPDATED) & (chance < 0.2)) | ((action == ACCEPTED) & (chance < 0.1)))
        after = rng.lognormal(np.log(20 * HOUR), 1, len(decided)).astype(np.int64)
        which = np.concatenate((decided, sent_back))
        kind = np.concatenate((action[decided], np.full(len(sent_back), REJECTED)))
        instant = np.concatenate((completed[decided] + after, (created[sent_back] + completed[sent_back]) // 2))
        score = np.where(
            (kind == FIXED) & (rng.random(len(kind)) > 0.05), rng.integers(200_000, SECOND, len(kind)), NOTHING
        )
        identity = annotations["annotation_id"][which] * 2
        identity[len(decided) :] += 1
        named = {name: annotations[name][which] for name in ("annotation_id", "project_id", "task_id", "completed_by")}
        return named | {
            "review_id": identity,
            "reviewer_id": self._reviewers(rng, len(which)),
            "action": kind,
            "score": score,
            "created_at": np.minimum(instant, END - 1),
        }

    def _comments(self, rng: Generator, annotations: Columns) -> Columns:
        which = np.flatnonzero(rng.random(len(annotations["annotation_id"])) < 0.02)
        named = {name: annotations[name][which] for name in ("annotation_id", "project_id", "task_id", "completed_by")}
        instant = np.minimum(annotations["completed_at"][which] + rng.integers(HOUR, 2 * DAY, len(which)), END - 1)
        return named | {
            "comment_id": named["annotation_id"],
            "created_by": self._reviewers(rng, len(which)),
            "text": rng.integers(FIRST_REMARK, len(WORDS), len(which)),
            "created_at": instant,
            "updated_at": instant,
            "is_resolved": np.zeros(len(which), np.bool_),
        }


def _at_work(rng: Generator, instants: NDArray[np.float64]) -> Numbers:
    """Move instants to when people work: most of the weekend's to the Friday before, and all into the day."""
    day = instants.astype(np.int64) // DAY
    past_friday = np.maximum((day + 3) % 7 - 4, 0)  # 1970 began on a Thursday
    day -= np.where(rng.random(len(day)) < 0.8, past_friday, 0)
    return day * DAY + np.clip(rng.normal(13 * HOUR, 3 * HOUR, len(day)), 0, DAY - 1).astype(np.int64)


def _lead_times(rng: Generator, project: Numbers) -> Numbers:
    """Return lead times: tasks of some projects take longer, a few are left open, some are missing or invalid."""
    usual = rng.lognormal(np.log(20 * SECOND), 0.8, len(project)) * 2.0 ** (project % 4)
    chance = rng.random(len(project))
    lead = np.where(chance < 0.005, usual * 60, usual).astype(np.int64)
    lead[chance < 0.0005] *= 100  # over a weekend
    lead[(chance >= 0.005) & (chance < 0.015)] = NOTHING
    lead[(chance >= 0.015) & (chance < 0.017)] = INVALID_LEAD_TIME
    return lead


def _visits(rng: Generator, reviews: Columns) -> Columns:
    """Return one visit a review, from opening the annotation to acting; some were never closed."""
    size = len(reviews["review_id"])
    closed = reviews["created_at"]
    return {
        "visit_id": reviews["review_id"],
        "annotation_id": reviews["annotation_id"],
        "project_id": reviews["project_id"],
        "user_id": reviews["reviewer_id"],
        "opened_at": closed - rng.lognormal(np.log(25 * SECOND), 0.7, size).astype(np.int64),
        "closed_at": np.where(rng.random(size) < 0.02, NOTHING, closed),
        "review_id": reviews["review_id"],
    }


def _actions(annotations: Columns, reviews: Columns) -> Columns:
    """Return the history: the first submit (or skip, or import), the last update, and every review."""
    action = annotations["last_action"]
    first = np.where(np.isin(action, (SKIPPED, IMPORTED)), action, SUBMITTED)
    updated = np.flatnonzero(action == UPDATED)
    same = ("annotation_id", "project_id", "task_id")
    parts: list[Columns] = [
        {name: annotations[name] for name in same}
        | {
            "action_id": annotations["annotation_id"] * 4,
            "user_id": annotations["completed_by"],
            "action": first,
            "started_at": annotations["started_at"],
            "created_at": annotations["created_at"],
            "lead_time": annotations["lead_time"],
            "review_id": np.full(len(action), NOTHING),
        },
        {name: annotations[name][updated] for name in same}
        | {
            "action_id": annotations["annotation_id"][updated] * 4 + 1,
            "user_id": annotations["completed_by"][updated],
            "action": action[updated],
            "started_at": np.full(len(updated), NOTHING),
            "created_at": annotations["completed_at"][updated],
            "lead_time": annotations["lead_time"][updated],
            "review_id": np.full(len(updated), NOTHING),
        },
        {name: reviews[name] for name in same}
        | {
            "action_id": reviews["annotation_id"] * 4 + 2 + reviews["review_id"] % 2,
            "user_id": reviews["reviewer_id"],
            "action": reviews["action"],
            "started_at": np.full(len(reviews["review_id"]), NOTHING),
            "created_at": reviews["created_at"],
            "lead_time": np.full(len(reviews["review_id"]), NOTHING),
            "review_id": reviews["review_id"],
        },
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
