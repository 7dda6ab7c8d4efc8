"""Moments of visits: each is paid once, however many visits lie over it."""

from bisect import bisect_left, bisect_right, insort


class Moments:
    """Stretches of time that are covered, as stretches that do not touch."""

    def __init__(self) -> None:
        self._stretches: list[tuple[int, int]] = []

    def cover(self, begins: int, ends: int) -> int:
        """Cover a stretch from one instant to before another; return how much of it was not covered before."""
        if ends <= begins:
            return 0
        first = bisect_left(self._stretches, begins, key=lambda each: each[1])
        last, within = first, 0
        start, end = begins, ends
        while last < len(self._stretches) and self._stretches[last][0] <= ends:
            there = self._stretches[last]
            within += max(0, min(ends, there[1]) - max(begins, there[0]))
            start, end = min(start, there[0]), max(end, there[1])
            last += 1
        del self._stretches[first:last]
        insort(self._stretches, (start, end))
        return ends - begins - within

    def touch(self, begins: int, ends: int) -> bool:
        """Say whether any moment of a stretch is covered."""
        first = bisect_right(self._stretches, begins, key=lambda each: each[1])
        return first < len(self._stretches) and self._stretches[first][0] < ends
