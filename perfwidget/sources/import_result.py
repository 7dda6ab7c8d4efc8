"""What reading one export has come to: how much was read, and what was wrong with the rest."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

NAMED = 10
"""So many faults of one kind are told with their places, so that memory stays bounded; the others are counted."""


class Place(NamedTuple):
    """Where in an export something stands, counted from 1."""

    task: int
    annotation: int | None = None
    part: str = ""

    def __str__(self) -> str:
        annotation = "" if self.annotation is None else f", annotation {self.annotation}"
        part = f", {self.part}" if self.part else ""
        return f"task {self.task}{annotation}{part}"


class Problem(Enum):
    """What can be wrong in an export without stopping the rest; the value says it of several."""

    TASK = "tasks left out"
    ANNOTATION = "annotations left out"
    REVIEW = "reviews left out"
    ENTRY = "history entries left out"
    LIST = "lists of reviews or history left out"
    OWNER = "annotations kept that belong to nobody"
    PERSON = "reviews or history entries kept that are by nobody"
    DECISION = "reviews kept that are counted nowhere"
    SCORE = "fixes kept without a score"
    ACTION = "annotations or history entries kept whose action is counted nowhere"


class ImportResultTold(NamedTuple):
    """What a ImportResult has come to."""

    tasks: int
    annotations: int
    reviews: int
    problems: dict[Problem, int]
    named: list[tuple[Problem, Place, str]]


@dataclass
class ImportResult:
    """Counts of what one file gave, and its faults; the first few of each kind by their places."""

    tasks: int = 0
    annotations: int = 0
    reviews: int = 0
    problems: Counter[Problem] = field(default_factory=Counter)
    _named: dict[Problem, list[tuple[Place, str]]] = field(default_factory=dict)

    def report(self, problem: Problem, place: Place, reason: object) -> None:
        """Count a fault; `reason` says in a few words what is wrong."""
        self.problems[problem] += 1
        named = self._named.setdefault(problem, [])
        if len(named) < NAMED:
            named.append((place, str(reason)))

    def told(self) -> "ImportResultTold":
        """Return all of it as plain values."""
        named = [(problem, place, reason) for problem, places in self._named.items() for place, reason in places]
        return ImportResultTold(self.tasks, self.annotations, self.reviews, dict(self.problems), named)

    def add(self, later: "ImportResultTold", *, tasks_before: int) -> None:
        """Add what was read of a later part of the file, whose tasks were counted from 1."""
        self.tasks += later.tasks
        self.annotations += later.annotations
        self.reviews += later.reviews
        self.problems.update(later.problems)
        for problem, place, reason in later.named:
            named = self._named.setdefault(problem, [])
            if len(named) < NAMED:
                named.append((place._replace(task=place.task + tasks_before), reason))

    def sentences(self) -> Iterator[str]:
        """Yield the faults for people, one a line; of many of one kind the first few and their number."""
        for problem, named in self._named.items():
            yield from (f"{place}: {reason}" for place, reason in named)
            if self.problems[problem] > len(named):
                yield f"{self.problems[problem]:,} {problem.value} in all; only the first {len(named)} are named."

    def summary(self) -> str:
        """Return in one line how much was read and how many faults there were."""
        counts = [
            _counted(self.tasks, "task"),
            _counted(self.annotations, "annotation"),
            _counted(self.reviews, "review"),
            _counted(self.problems.total(), "problem"),
        ]
        return ", ".join(counts)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
