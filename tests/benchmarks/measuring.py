"""How things are measured beside each other: in turns, so that whatever else the machine does falls on all of them."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

LEAST, MOST = 7, 41
"""How often everybody has a turn."""
ENOUGH = 3.0
"""Seconds after which there are no more turns than the least."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What one contender took (or moved, or held) for one thing, in the median, and how often that is ours."""

    part: str
    what: str
    contender: str
    unit: str
    value: float
    times: float = 1.0
    """The median of the ratios of each turn to ours of that turn; for rates, of ours to it."""
    low: float = 1.0
    high: float = 1.0
    """The quartiles of those ratios."""


Turns = Mapping[str, list[float]]
"""By contender what each turn came to; the first contender is ours."""


def seconds(act: Callable[[], object]) -> float:
    """Return how long something takes."""
    begun = perf_counter()
    act()
    return perf_counter() - begun


def in_turns(contenders: Mapping[str, Callable[[], object]], least: int = LEAST) -> Turns:
    """Time contenders in turns, after one turn that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for act in contenders.values():
        act()
    gc.collect()
    begun = perf_counter()
    for turn in range(MOST):
        if turn >= least and perf_counter() - begun > ENOUGH:
            break
        for name, act in contenders.items():
            taken[name].append(seconds(act))
    return taken


def compared(part: str, what: str, turns: Turns, unit: str = "s") -> list[Measure]:
    """Return the medians of turns, and how they relate to the first contender's."""
    ours = next(iter(turns.values()))
    measures = []
    for name, each in turns.items():
        ratios = [other / mine for other, mine in zip(each, ours, strict=True)] if all(ours) else [1.0]
        low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        measures.append(Measure(part, what, name, unit, median(each), median(ratios), low, high))
    return measures
