"""The agreement of two annotation results, from 0 to 1: how much of the one is in the other."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from perfwidget.sources.regions import Bounds, Box, Interval, Mark, Outline, Region, Spans, read_region

PAIRS_AT_A_TIME = 65_536

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


class _Pairs(NamedTuple):
    """Regions of one side and their partners of the other, by their places in two lists, and how alike they are."""

    ours: Places
    theirs: Places
    alike: Numbers


def agreement(previous: object, fixed: object) -> float | None:
    """Return how much two results agree, from 0 to 1; the same whichever comes first.

    Each is an array of Label Studio regions or its JSON text; for anything else there is no agreement, and None is
    returned. Regions of the same name and type are paired, the most alike first; the agreement is twice the summed
    likeness over the number of regions of both (Dice's coefficient). Two empty results agree fully.
    """
    try:
        known: dict[str, Region] = {}
        ours, theirs = _regions(previous, known), _regions(fixed, known)
    except (RecursionError, TypeError, ValueError):  # not JSON, or nested deeper than any result of a labeling tool
        return None
    if ours is None or theirs is None:
        return None
    count = sum(len(group) for group in chain(ours.values(), theirs.values()))
    alike = [each for group in ours.keys() & theirs.keys() for each in _likenesses(ours[group], theirs[group])]
    # An exact sum does not depend on the order in which groups come.
    return 2 * math.fsum(alike) / count if count else 1.0


def _regions(result: object, known: dict[str, Region]) -> dict[tuple[object, ...], list[Region]] | None:
    if isinstance(result, str):
        result = json.loads(result)
    if not isinstance(result, list):
        return None
    groups: dict[tuple[object, ...], list[Region]] = defaultdict(list)
    for place, entry in enumerate(result):
        if isinstance(entry, dict) and entry.get("from_name") is not None:
            region = _region(entry, place, known)
            groups[region.group].append(region)
    return groups


def _region(entry: dict[str, Any], place: int, known: dict[str, Region]) -> Region:
    """Read a region; most stand in both results, and one that is known already differs in its place only."""
    try:
        written = repr(entry)
    except RecursionError:  # though it could be read, which asks for less
        return read_region(entry, place)
    region = known.get(written)
    if region is None:
        region = known[written] = read_region(entry, place)
    return region._replace(order=(*region.order[:2], place))


def _likenesses(ours: Sequence[Region], theirs: Sequence[Region]) -> Iterator[float]:
    """Pair the regions of a group and return how alike the pairs are.

    Equal marks are paired first: nothing is more alike, and who of several equals is taken makes no difference.
    """
    equal = Counter(region.mark for region in ours) & Counter(region.mark for region in theirs)
    yield from [1.0] * equal.total()
    ours, theirs = _without(ours, equal), _without(theirs, equal)
    if ours and theirs:
        yield from _best_first(_in_reading_order(_candidates(ours, theirs), ours, theirs), len(ours), len(theirs))


def _without(regions: Sequence[Region], paired: Counter[Mark]) -> list[Region]:
    """Return the regions that are left, of those that can be a little alike."""
    to_skip, left = Counter(paired), []
    for region in sorted(regions, key=lambda region: region.order):
        if to_skip[region.mark]:
            to_skip[region.mark] -= 1
        elif not isinstance(region.mark, str):
            left.append(region)
    return left


def _in_reading_order(pairs: _Pairs, ours: Sequence[Region], theirs: Sequence[Region]) -> _Pairs:
    """Sort pairs by likeness, and equally alike ones by the region that is read first, then by the other.

    Which side it is on must not matter, so that the pairs are the same whichever side comes first.
    """
    orders = sorted({region.order for region in chain(ours, theirs)})
    rank = {order: place for place, order in enumerate(orders)}
    first = np.array([rank[region.order] for region in ours], np.int64)[pairs.ours]
    second = np.array([rank[region.order] for region in theirs], np.int64)[pairs.theirs]
    read = np.minimum(first, second) * len(orders) + np.maximum(first, second)
    sorting = np.lexsort((read, -pairs.alike))
    return _Pairs(pairs.ours[sorting], pairs.theirs[sorting], pairs.alike[sorting])


def _best_first(pairs: _Pairs, ours: int, theirs: int) -> Iterator[float]:
    """Go through sorted pairs and return the likeness of those whose regions are both still free."""
    our_free, their_free = np.ones(ours, np.bool_), np.ones(theirs, np.bool_)
    for start in range(0, len(pairs.alike), PAIRS_AT_A_TIME):
        ones, others, likenesses = (column[start : start + PAIRS_AT_A_TIME] for column in pairs)
        free = our_free[ones] & their_free[others]
        for one, other, alike in zip(
            ones[free].tolist(), others[free].tolist(), likenesses[free].tolist(), strict=True
        ):
            if our_free[one] and their_free[other]:
                our_free[one] = their_free[other] = False
                yield alike


def _candidates(ours: Sequence[Region], theirs: Sequence[Region]) -> _Pairs:
    """Return the pairs that have something in common."""
    rows = _shared_choices(ours, theirs) if isinstance(ours[0].mark, frozenset) else _shared_areas(ours, theirs)
    found = [
        (np.full(len(partners), place, np.int64), partners, alike)
        for place, (partners, alike) in enumerate(rows)
        if len(partners)
    ]
    if not found:
        return _Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return _Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _shared_choices(ours: Sequence[Region], theirs: Sequence[Region]) -> Iterator[tuple[Places, Numbers]]:
    """Compare sets by Jaccard's index: what both chose over what either chose."""
    sets = [region.mark for region in theirs if isinstance(region.mark, frozenset)]
    who_chose: dict[str, list[int]] = defaultdict(list)
    for place, chosen in enumerate(sets):
        for choice in chosen:
            who_chose[choice].append(place)
    for region in ours:
        if isinstance(region.mark, frozenset):
            both = Counter(place for choice in region.mark for place in who_chose.get(choice, ()))
            shares = [common / (len(region.mark) + len(sets[place]) - common) for place, common in both.items()]
            yield np.array(list(both), np.int64), np.array(shares)


def _shared_areas(ours: Sequence[Region], theirs: Sequence[Region]) -> Iterator[tuple[Places, Numbers]]:
    """Compare ranges and shapes by intersection over union; only those whose bounds overlap are looked at."""
    marks = [region.mark for region in theirs if isinstance(region.mark, Spans | Box | Outline)]
    left, top, right, bottom = np.array([mark.bounds for mark in marks]).T
    areas = (right - left) * (bottom - top)
    filled = np.array([_fills_bounds(mark) for mark in marks])
    for region in ours:
        if isinstance(region.mark, Spans | Box | Outline):
            at = region.mark.bounds
            width = np.minimum(right, at[2]) - np.maximum(left, at[0])
            height = np.minimum(bottom, at[3]) - np.maximum(top, at[1])
            partners = np.flatnonzero((width > 0) & (height > 0))
            common = width[partners] * height[partners]
            whole = areas[partners] + (at[2] - at[0]) * (at[3] - at[1]) - common
            alike = np.divide(common, whole, out=np.zeros_like(common), where=whole > 0)
            odd = np.arange(len(partners)) if not _fills_bounds(region.mark) else np.flatnonzero(~filled[partners])
            for place in odd.tolist():
                alike[place] = _share(region.mark, marks[partners[place]])
            yield partners, np.minimum(alike, 1.0)


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
