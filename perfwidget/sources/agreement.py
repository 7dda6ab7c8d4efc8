"""The agreement of two annotation results, from 0 to 1: how much of the one is in the other."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from perfwidget.sources.regions import Region, likeness, read_region


class _Pair(NamedTuple):
    likeness: float
    first: Region
    second: Region


def agreement(previous: object, fixed: object) -> float | None:
    """Return how much two results agree, from 0 to 1; the same whichever comes first.

    Each is an array of Label Studio regions or its JSON text; for anything else there is no agreement, and None is
    returned. Regions of the same name and type are paired, the most alike first; the agreement is twice the summed
    likeness over the number of regions of both (Dice's coefficient). Two empty results agree fully.
    """
    try:
        ours, theirs = _regions(previous), _regions(fixed)
    except RecursionError:  # nested deeper than any result of a labeling tool
        return None
    if ours is None or theirs is None:
        return None
    if not ours and not theirs:
        return 1.0
    alike = [each for group in ours.keys() & theirs.keys() for each in _likenesses(ours[group], theirs[group])]
    return 2 * math.fsum(alike) / sum(len(group) for groups in (ours, theirs) for group in groups.values())


def _regions(result: object) -> dict[tuple[str, str], list[Region]] | None:
    if isinstance(result, str):
        try:
            result = json.loads(result)
        except ValueError:
            return None
    if not isinstance(result, list):
        return None
    groups: dict[tuple[str, str], list[Region]] = defaultdict(list)
    for place, entry in enumerate(result):
        if isinstance(entry, dict) and entry.get("from_name") is not None:
            region = read_region(entry, place)
            groups[region.group].append(region)
    return dict(groups)


def _likenesses(ours: Sequence[Region], theirs: Sequence[Region]) -> Iterator[float]:
    """Pair regions of one group, best first, and return how alike the pairs are.

    Ties go in reading order, which is the same whichever side comes first. Identical regions cannot do better than each
    other, so they are paired before anything is compared.
    """
    kept = Counter(region.identity for region in ours) & Counter(region.identity for region in theirs)
    yield from [1.0] * kept.total()
    free_ours, free_theirs = _without(ours, kept), _without(theirs, kept)
    for pair in sorted(_candidates(free_ours.values(), free_theirs.values()), key=_reading_order):
        if pair.first.place in free_ours and pair.second.place in free_theirs:
            del free_ours[pair.first.place], free_theirs[pair.second.place]
            yield pair.likeness


def _without(regions: Sequence[Region], paired: Counter[str]) -> dict[tuple[float, float, int], Region]:
    left, free = Counter(paired), {}
    for region in sorted(regions, key=lambda region: region.place):
        if left[region.identity]:
            left[region.identity] -= 1
        else:
            free[region.place] = region
    return free


def _reading_order(pair: _Pair) -> tuple[object, ...]:
    return (-pair.likeness, *sorted((pair.first.place, pair.second.place)))


def _candidates(ours: Iterable[Region], theirs: Iterable[Region]) -> Iterator[_Pair]:
    """Find the pairs that have something in common, without looking at those that are too far apart."""
    labeled: dict[frozenset[str], list[Region]] = defaultdict(list)
    for region in theirs:
        if region.shape is not None:
            labeled[region.labels].append(region)
    for regions in labeled.values():
        regions.sort(key=_start)
    for region in ours:
        for other in labeled.get(region.labels, ()) if region.shape is not None else ():
            if region.extent is not None and _start(other) > region.extent[1]:
                break
            if other.extent is None or _start(region) <= other.extent[1]:
                alike = likeness(region, other)
                if alike > 0:
                    yield _Pair(alike, region, other)


def _start(region: Region) -> float:
    return -math.inf if region.extent is None else region.extent[0]
