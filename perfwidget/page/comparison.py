"""How a number differs from that of the period before: by how much, by which share, and whether that is better."""

from typing import NamedTuple

from perfwidget.metrics import Better, Metric, Number, Unit
from perfwidget.page import formats, words
from perfwidget.question.period import Period


class Change(NamedTuple):
    """A difference as people read it: its arrow, how large it is, its share of the earlier number if it has one."""

    arrow: str
    size: str
    share: str
    verdict: Better | None
    """HIGHER where it is better, LOWER where it is worse, NEITHER where it is neither; None where nothing changed."""

    @property
    def text(self) -> str:
        """The arrow, the difference and its share."""
        if self.verdict is None:
            return words.UNCHANGED
        return f"{self.arrow} {self.size}{f' ({self.share})' if self.share else ''}"

    @property
    def word(self) -> str:
        """Whether it is better or worse; empty where it is neither."""
        return words.VERDICTS[self.verdict] if self.verdict is not None else ""


def change(metric: Metric, now: Number, before: Number) -> Change | None:
    """Return how a number has changed. None where one of the two is missing, both are 0, or it is an instant."""
    if now is None or before is None or metric.unit not in _SIZES or not (now or before):
        return None
    difference = now - before
    if not difference:
        return Change("=", "", "", None)
    size = _SIZES[metric.unit](abs(difference))
    # A share of a share would be taken for points.
    share = formats.share(abs(difference) / before) if before and metric.unit is not Unit.SHARE else ""
    return Change("▲" if difference > 0 else "▼", size, share, _verdict(metric.better, up=difference > 0))


def dates(period: Period) -> str:
    """Return the dates or times of a period, without its zone."""
    return formats.period(period).partition(words.BETWEEN)[0]


def _verdict(better: Better, *, up: bool) -> Better:
    if better is Better.NEITHER:
        return better
    return Better.HIGHER if up == (better is Better.HIGHER) else Better.LOWER


_SIZES = {Unit.SECONDS: formats.duration, Unit.COUNT: formats.count, Unit.SHARE: words.points}
