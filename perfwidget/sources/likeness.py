"""How alike marks of one kind are, from 0 to 1: for each of one side those of the other that are a little alike."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from shapely.geometry.base import BaseGeometry

from perfwidget.sources.regions import Amount, Interval, Mark, Spans, Written
from perfwidget.sources.shapes import Bounds, Box, Outline, Point

NEAR = 0.01
"""Key points this part of the picture's diagonal apart, or further, have nothing in common."""

MOST_STARS = 5
"""Ratings go from 1 to this where nobody gave more, as is Label Studio's default."""

MOST_LETTERS = 10**11
"""Letters of one side times those of the other, beyond which comparing texts takes seconds."""

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

Row = tuple[Places, Numbers]
"""For one mark the places of those of the other side that are a little alike, and how much."""


def likenesses(ours: Sequence[Mark], theirs: Sequence[Mark]) -> Iterator[Row] | None:
    """Return a row for each of our marks. None if they cannot be compared, as they are unread or far too long."""
    kinds = {type(mark) for mark in (*ours, *theirs)}
    for comparable, rows in _ROWS:
        if kinds <= comparable:
            return rows(ours, theirs)
    return None


def _choices(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Row]:
    """Compare sets by Jaccard's index: what both chose over what either chose."""
    who_chose: dict[str, list[int]] = defaultdict(list)
    for place, chosen in enumerate(theirs):
        for choice in chosen:
            who_chose[choice].append(place)
    for chosen in ours:
        both = Counter(place for choice in chosen for place in who_chose.get(choice, ()))
        shares = [common / (len(chosen) + len(theirs[place]) - common) for place, common in both.items()]
        yield np.array(list(both), np.int64), np.array(shares, np.float64)


def _texts(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Row] | None:
    """Compare texts by Levenshtein's distance over the length of the longer one."""
    letters = math.prod(sum(len(mark.text) for mark in side) for side in (ours, theirs))
    if letters > MOST_LETTERS:
        return None
    texts, alike = [mark.text for mark in theirs], Levenshtein.normalized_similarity
    return _rows(process.cdist([mark.text], texts, scorer=alike, dtype=np.float64)[0] for mark in ours)


def _points(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Row]:
    """Compare key points by their distance in pixels over a hundredth of the picture's diagonal."""
    x, y, aspect = np.array([(mark.x, mark.y, mark.aspect) for mark in theirs], np.float64).T

    def alike(mark: Point) -> Numbers:
        wide = np.maximum(aspect, mark.aspect)
        near: Numbers = 1 - np.hypot((x - mark.x) * wide, y - mark.y) / np.hypot(wide, 1) / (100 * NEAR)
        return near

    return _rows(map(alike, ours))


def _amounts(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Row]:
    """Compare ratings by their difference over that of the best and the worst, numbers over the larger of the two."""
    numbers = np.array([mark.number for mark in theirs], np.float64)

    def alike(mark: Amount) -> Numbers:
        larger = np.maximum(np.abs(numbers), abs(mark.number))
        whole = np.maximum(np.maximum(numbers, mark.number), MOST_STARS) - 1 if mark.stars else larger
        differing = np.abs(numbers - mark.number)
        near: Numbers = 1 - np.divide(differing, whole, out=np.zeros_like(differing), where=whole > 0)
        return near

    return _rows(map(alike, ours))


def _rows(alike: Iterator[Numbers]) -> Iterator[Row]:
    for row in alike:
        partners = np.flatnonzero(row > 0)
        yield partners, row[partners]


def _areas(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Row]:
    """Compare ranges and shapes by intersection over union; only those whose bounds overlap are looked at."""
    left, top, right, bottom = np.array([mark.bounds for mark in theirs]).T
    areas = (right - left) * (bottom - top)
    filled = np.array([_fills_bounds(mark) for mark in theirs])
    lines = np.array([_line(mark) for mark in theirs], object)
    for mark in ours:
        at = mark.bounds
        width = np.minimum(right, at[2]) - np.maximum(left, at[0])
        height = np.minimum(bottom, at[3]) - np.maximum(top, at[1])
        partners = np.flatnonzero((width > 0) & (height > 0) & (lines == _line(mark)))
        common = width[partners] * height[partners]
        whole = areas[partners] + (at[2] - at[0]) * (at[3] - at[1]) - common
        alike = np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)
        odd = np.arange(len(partners)) if not _fills_bounds(mark) else np.flatnonzero(~filled[partners])
        for place in odd.tolist():
            alike[place] = _share(mark, theirs[partners[place]])
        yield partners, np.minimum(alike, 1.0)


def _line(mark: Mark) -> str | None:
    """Return what a range is measured on; shapes are on none."""
    return mark.line if isinstance(mark, Spans) else None


def _fills_bounds(mark: Mark) -> bool:
    return isinstance(mark, Box) or (isinstance(mark, Spans) and len(mark.intervals) == 1)


def _share(one: Mark, other: Mark) -> float:
    match one, other:
        case Spans(), Spans():
            common = _common(one.intervals, other.intervals)
            whole = _length(one.intervals) + _length(other.intervals) - common
        case ((Box() | Outline()), (Box() | Outline())):
            # Geometry may round differently the other way round, so the order must not come from the caller.
            first, second = (_surface(mark) for mark in sorted((one, other), key=_shape_order))
            try:
                common = first.intersection(second).area
            except shapely.errors.GEOSException:  # shapes too odd to be laid over each other
                return 0.0
            whole = first.area + second.area - common
        case _:
            return 0.0
    share = common / whole if whole > 0 else 0.0
    return share if math.isfinite(share) else 0.0


def _shape_order(mark: Box | Outline) -> tuple[Bounds, bytes]:
    return mark.bounds, mark.corners if isinstance(mark, Outline) else b""


def _surface(mark: Box | Outline) -> BaseGeometry:
    return mark.surface if isinstance(mark, Outline) else shapely.box(*mark.bounds)


def _length(intervals: Sequence[Interval]) -> float:
    return math.fsum(end - start for start, end in intervals)


def _common(one: Sequence[Interval], other: Sequence[Interval]) -> float:
    """Return the length that two lists of intervals share; each is in order, and its intervals are apart."""
    shared, at, beside = [], 0, 0
    while at < len(one) and beside < len(other):
        start, end = max(one[at][0], other[beside][0]), min(one[at][1], other[beside][1])
        if start < end:
            shared.append(end - start)
        if one[at][1] < other[beside][1]:
            at += 1
        else:
            beside += 1
    return math.fsum(shared)


_ROWS: tuple[tuple[set[type], Callable[[Sequence[Any], Sequence[Any]], Iterator[Row] | None]], ...] = (
    ({Spans, Box, Outline}, _areas),
    ({frozenset}, _choices),
    ({Written}, _texts),
    ({Point}, _points),
    ({Amount}, _amounts),
)
"""Which marks are compared with each other, and how."""
