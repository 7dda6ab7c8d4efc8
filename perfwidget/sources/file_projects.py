"""Which annotations of some projects files have, so that it can be told what a store has and they have not."""

from collections.abc import Collection, Iterable, Iterator

import numpy as np

from perfwidget.facts import Comment
from perfwidget.facts.ingest import Observation, Snapshot
from perfwidget.facts.snapshots import Coded, Snapshots
from perfwidget.sources.value_columns import Integers


class FileProjects:
    """The annotations of files, but of those only that are of `known` projects; there is nothing gone of others."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self.seen: set[str] = set()
        """The known projects that files have something of."""
        self._numbers: list[Integers] = []
        self._texts: set[str] = set()

    def noting(self, read: Iterable[Observation | Comment]) -> Iterator[Observation | Comment]:
        """Yield what is read, and note the annotations in it."""
        for each in read:
            if self._known:
                self._note(each)
            yield each

    def _note(self, read: Observation | Comment) -> None:
        if isinstance(read, Snapshot):
            self.seen |= {str(read.annotation.project_id)} & set(self._known)
            self._texts.add(str(read.annotation.annotation_id))
        elif isinstance(read, Snapshots):
            projects, ids = read.columns["project_id"], read.columns["annotation_id"]
            if isinstance(projects, Coded):
                self.seen |= set(projects.texts) & set(self._known)
            if isinstance(ids, np.ndarray) and ids.dtype == np.int64:
                self._numbers.append(ids)
            else:
                self._texts.update(map(str, ids))

    def gone(self, kept: Iterable[str]) -> list[str]:
        """Return those of some annotations that no file has."""
        numbers = np.unique(np.concatenate(self._numbers)) if self._numbers else np.empty(0, np.int64)
        found = [each for each in kept if each not in self._texts]
        if not len(numbers) or not found:
            return sorted(found, key=_in_order)
        plain = np.array([_number(each) for each in found], np.int64)
        there = numbers[np.minimum(np.searchsorted(numbers, plain), len(numbers) - 1)] == plain
        return sorted((found[place] for place in np.flatnonzero(~there).tolist()), key=_in_order)


def _number(text: str) -> int:
    """Return the number that an id is, or one that is none's."""
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) < 19 and str(int(text)) == text
    return int(text) if plain else np.iinfo(np.int64).min


def _in_order(text: str) -> tuple[int, str]:
    return len(text), text
