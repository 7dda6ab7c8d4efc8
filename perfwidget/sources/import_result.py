"""What reading one export has come to: how much was read, and what was wrong with the rest."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

NAMED = 10
"""So many faults of one kind are told with their places, so that memory stays bounded; the others are counted."""


ABSENT_COMMENTS = (
    "are not in the file, for Label Studio does not export them; "
    "beside an Enterprise server `perfwidget sync` reads them."
)


class Place(NamedTuple):
    """Where in an export something stands, counted from 1."""

    task: int | None
    annotation: int | None = None
    part: str = ""
    within: str = ""
    """The file of a folder, or the list, where there are several."""

    def __str__(self) -> str:
        task = "" if self.task is None else f"task {self.task}"
        annotation = "" if self.annotation is None else f"annotation {self.annotation}"
        return ", ".join(filter(None, (self.within, task, annotation, self.part)))


class Problem(Enum):
    """What can be wrong in an export without stopping the rest; the value says it of several."""

    FILE = "files left out"
    TASK = "tasks left out"
    WORK = "items left out whose work is not read"
    COUNT = "tasks with fewer annotations than they count"
    ANNOTATION = "annotations left out"
    REVIEW = "reviews left out"
    COMMENT = "comments left out"
    ENTRY = "history entries left out"
    LIST = "lists of reviews, history or comments left out"
    SERVER = "annotations left out that are of another server"
    OWNER = "annotations kept that belong to nobody"
    FORMER_OWNER = "annotations kept that stay their former owner's"
    EMAIL = "e-mails that several members have"
    ACTION = "annotations or history entries kept whose action is counted nowhere"
    DECISION = "reviews kept that are counted nowhere"
    SCORE = "fixes kept without a score"
    PERSON = "reviews, history entries or comments kept that are by nobody"


_LEFT_OUT = (Problem.FILE, Problem.TASK, Problem.WORK, Problem.COUNT, Problem.ANNOTATION)


class ImportResultTold(NamedTuple):
    """What an import has come to."""

    tasks: int
    annotations: int
    reviews: int
    comments: int
    absent_comments: int
    problems: dict[Problem, int]
    named: list[tuple[Problem, Place, str]]


@dataclass
class ImportResult:
    """Counts of what one file gave, and its faults; the first few of each kind by their places."""

    tasks: int = 0
    annotations: int = 0
    reviews: int = 0
    comments: int = 0
    absent_comments: int = 0
    """Comments that tasks count and the file does not hold, which is no problem of it."""
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
        counts = (self.tasks, self.annotations, self.reviews, self.comments, self.absent_comments)
        return ImportResultTold(*counts, dict(self.problems), named)

    def add(self, later: "ImportResultTold", *, tasks_before: int) -> None:
        """Add what was read of a later part of the file, whose tasks were counted from 1."""
        self.tasks += later.tasks
        self.annotations += later.annotations
        self.reviews += later.reviews
        self.comments += later.comments
        self.absent_comments += later.absent_comments
        self.problems.update(later.problems)
        for problem, place, reason in later.named:
            named = self._named.setdefault(problem, [])
            if len(named) < NAMED:
                named.append((place._replace(task=(place.task or 0) + tasks_before), reason))

    def sentences(self) -> Iterator[str]:
        """Yield the faults for people, one a line; of many of one kind the first few and their number.

        What the file lacks by its nature is said at the end.
        """
        for problem in sorted(Problem, key=self._first):
            named = self._named.get(problem, ())
            yield from (f"{place}: {reason}" for place, reason in named)
            if self.problems[problem] > len(named):
                yield f"{self.problems[problem]:,} {problem.value} in all; only the first {len(named)} are named."
        if self.absent_comments:
            yield f"{_counted(self.absent_comments, 'comment')} that tasks count {ABSENT_COMMENTS}"

    def _first(self, problem: Problem) -> tuple[str, int, int]:
        """Return where a kind of faults begins, so that what comes first in the file is told first."""
        if problem not in self._named:
            return "", 0, 0
        first = self._named[problem][0][0]
        return first.within, first.task or 0, first.annotation or 0

    @property
    def whole(self) -> bool:
        """Whether no annotation was left out."""
        return not {*_LEFT_OUT} & self.problems.keys()

    def summary(self) -> str:
        """Return in one line how much was read and how many faults there were."""
        counts = [
            _counted(self.tasks, "task"),
            _counted(self.annotations, "annotation"),
            _counted(self.reviews, "review"),
            *([_counted(self.comments, "comment")] if self.comments else ()),
            _counted(self.problems.total(), "problem"),
        ]
        return ", ".join(counts)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
