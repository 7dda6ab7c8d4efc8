"""From what an engine adds up to the values of metrics: of the whole, of buckets, of members, of projects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from perfwidget.metrics import BY_KEY, METRICS, WHOLE, Group, Metric, Number, Unit
from perfwidget.question.period import Period
from perfwidget.stores.answering import Answer, Numbers


def of_whole(answer: Answer, period: Period) -> Mapping[str, Number]:
    """Return the numbers of all that was asked for together."""
    [values] = values_of(answer.numbers[WHOLE], METRICS, throughout(answer.recorded), [period.end])
    return values


def told_by(
    group: Group, answer: Answer, metrics: Sequence[Metric], period: Period, more: Iterable[str] = ()
) -> dict[str, Mapping[str, Number]]:
    """Map each member or project of an answer, as the group says, and some more to its numbers."""
    numbers, recorded = answer.numbers[group], throughout(answer.recorded)
    [nothing] = values_of(Numbers([()], numbers.nothing, {}), metrics, recorded, [period.end])
    columns = _Columns(numbers, recorded, period)
    there = {key: _Row(columns, metrics, place) for place, (key,) in enumerate(numbers.keys)}
    return {**dict.fromkeys(more, nothing), **there}


_ADDED_UP = (Unit.COUNT, Unit.SECONDS)


def active_in(group: Group, answer: Answer, period: Period) -> list[str]:
    """Return the members or projects of an answer, as the group says, with activity: by id.

    That is a count or time above 0, or any share or instant. The first number tells of nearly everybody, so that the
    others are worked out for few.
    """
    numbers, recorded = answer.numbers[group], throughout(answer.recorded)
    active = set(numbers.keys)
    for metrics in (METRICS[:1], METRICS[1:]):
        columns = _Columns(numbers, recorded, period)
        idle: Sequence[int] = range(len(numbers.keys))
        for metric in metrics:
            column, nothing = columns[metric.key], (None, 0) if metric.unit in _ADDED_UP else (None,)
            idle = [place for place in idle if column[place] in nothing]
        numbers = numbers.at(idle)
    return sorted(key for (key,) in active.difference(numbers.keys))


def apart(values: Mapping[str, Number]) -> Mapping[str, Number]:
    """Return the same numbers of somebody; what is asked of these is worked out for nobody else."""
    return values.apart() if isinstance(values, _Row) else values


class _Columns(dict[str, Sequence[Number]]):
    """Numbers of groups by the keys of metrics, each worked out once it is asked for: most never are."""

    def __init__(self, numbers: Numbers, recorded: Mapping[str, int | None], period: Period) -> None:
        super().__init__()
        self._numbers, self._recorded, self._period = numbers, recorded, period
        self._ends = [period.end] * len(numbers.keys)

    def at(self, place: int) -> "_Columns":
        """Return the numbers of one group."""
        return _Columns(self._numbers.at([place]), self._recorded, self._period)

    def __missing__(self, key: str) -> Sequence[Number]:
        values = BY_KEY[key].formula.values(self._numbers.aggregates)
        self[key] = column = _known(BY_KEY[key], values, self._recorded, self._ends)
        return column


class _Row(Mapping[str, Number]):
    """A row of some columns."""

    __slots__ = ("_columns", "_metrics", "_place")

    def __init__(self, columns: _Columns, metrics: Sequence[Metric], place: int) -> None:
        self._columns, self._metrics, self._place = columns, metrics, place

    def __getitem__(self, key: str) -> Number:
        return self._columns[key][self._place]

    def apart(self) -> "_Row":
        """Return the row as the only one of columns of its own."""
        return _Row(self._columns.at(self._place), self._metrics, 0)

    def __iter__(self) -> Iterator[str]:
        return (metric.key for metric in self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)


def throughout(recorded: Mapping[str, int | None]) -> Mapping[str, int | None]:
    """Return what is recorded as whole periods have it: of visits a number wherever they are recorded at all."""
    return {kind: None if kind == "review_visits" else since for kind, since in recorded.items()}


def values_of(
    numbers: Numbers, metrics: Sequence[Metric], recorded: Mapping[str, int | None], ends: Sequence[int]
) -> list[dict[str, Number]]:
    """Return the values of metrics for each group: none of what is not recorded, or was not before a group's end."""
    columns = [_known(metric, metric.formula.values(numbers.aggregates), recorded, ends) for metric in metrics]
    keys = [metric.key for metric in metrics]
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def _known(
    metric: Metric, values: list[Number], recorded: Mapping[str, int | None], ends: Sequence[int]
) -> list[Number]:
    if metric.needs is None:
        return values
    if metric.needs not in recorded:
        return [None] * len(values)
    since = recorded[metric.needs]
    if since is None:
        return values
    return [None if end <= since and not value else value for value, end in zip(values, ends, strict=True)]
