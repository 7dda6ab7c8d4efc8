"""The agreement of two annotation results, from 0 to 1: how much of the one is in the other."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from perfwidget.sources.likeness import Numbers, Places, Row, likenesses
from perfwidget.sources.regions import Mark, Region, json_text, read_region

PAIRS_AT_A_TIME = 65_536

RELATION = "relation"


class Grade(NamedTuple):
    """How much two results agree, from 0 to 1; None if that cannot be said."""

    score: float | None
    unjudged: str = ""
    """The kind of what differs and can only be found equal. It is empty if there is a score, or no result to
    compare."""


class _Result(NamedTuple):
    """The regions of a result by their groups, and how often it holds each relation."""

    groups: dict[tuple[Any, ...], list[Region]]
    relations: Counter[str]


class _Pairs(NamedTuple):
    """Regions of one side and their partners of the other, by their places in two lists, and how alike they are."""

    ours: Places
    theirs: Places
    alike: Numbers


def agreement(previous: object, fixed: object) -> float | None:
    """Return how much two results agree, from 0 to 1, or None if that cannot be said; see `grade`."""
    return grade(previous, fixed).score


def grade(previous: object, fixed: object) -> Grade:
    """Return how much two results agree; the same whichever comes first.

    Each is an array of Label Studio regions or its JSON text; for anything else there is no score. Regions of the same
    name and type are paired, the most alike first. The score is twice the summed likeness over the number of regions of
    both (Dice's coefficient). Two empty results agree fully. Where something differs that can only be found equal, such
    as brush strokes or relations, there is no score either.
    """
    try:
        known: dict[str, Region] = {}
        ours, theirs = _read(previous, known), _read(fixed, known)
    except (RecursionError, TypeError, ValueError):  # not JSON, or nested deeper than any result of a labeling tool
        return Grade(None)
    if ours is None or theirs is None:
        return Grade(None)
    alike: list[float] = []
    unjudged = {RELATION} if ours.relations != theirs.relations else set()
    for group in ours.groups.keys() & theirs.groups.keys():
        found = _paired(ours.groups[group], theirs.groups[group])
        if found is None:
            unjudged.add(group[1])
        else:
            alike += found
    if unjudged:
        return Grade(None, min(unjudged))
    count = sum(len(group) for group in chain(ours.groups.values(), theirs.groups.values()))
    # An exact sum does not depend on the order in which groups come.
    return Grade(2 * math.fsum(alike) / count if count else 1.0)


def _read(result: object, known: dict[str, Region]) -> _Result | None:
    if isinstance(result, str):
        result = json.loads(result)
    if not isinstance(result, list):
        return None
    read = _Result(defaultdict(list), Counter())
    for place, entry in enumerate(result):
        if isinstance(entry, dict):
            if entry.get("from_name") is None:
                read.relations[json_text(entry)] += 1
            else:
                region = _region(entry, place, known)
                read.groups[region.group].append(region)
    return read


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


def _paired(ours: Sequence[Region], theirs: Sequence[Region]) -> list[float] | None:
    """Pair the regions of a group and return how alike the pairs are; None if that cannot be said.

    Equal marks are paired first: nothing is more alike, and who of several equals is taken makes no difference.
    """
    equal = Counter(region.mark for region in ours) & Counter(region.mark for region in theirs)
    alike = [1.0] * equal.total()
    ours, theirs = _without(ours, equal), _without(theirs, equal)
    if not ours or not theirs:
        return alike
    rows = likenesses([region.mark for region in ours], [region.mark for region in theirs])
    if rows is None:
        return None
    pairs = _in_reading_order(_candidates(rows), ours, theirs)
    return [*alike, *_best_first(pairs, len(ours), len(theirs))]


def _without(regions: Sequence[Region], paired: Counter[Mark]) -> list[Region]:
    """Return the regions that are left, in reading order."""
    to_skip, left = Counter(paired), []
    for region in sorted(regions, key=lambda region: region.order):
        if to_skip[region.mark]:
            to_skip[region.mark] -= 1
        else:
            left.append(region)
    return left


def _candidates(rows: Iterable[Row]) -> _Pairs:
    """Return the pairs that have something in common."""
    found = [
        (np.full(len(partners), place, np.int64), partners, alike)
        for place, (partners, alike) in enumerate(rows)
        if len(partners)
    ]
    if not found:
        return _Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return _Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


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
        ones, others, shares = (column[start : start + PAIRS_AT_A_TIME] for column in pairs)
        free = our_free[ones] & their_free[others]
        for one, other, alike in zip(ones[free].tolist(), others[free].tolist(), shares[free].tolist(), strict=True):
            if our_free[one] and their_free[other]:
                our_free[one] = their_free[other] = False
                yield alike
