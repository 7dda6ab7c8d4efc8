"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from perfwidget.facts.columns import MICROSECONDS
from perfwidget.metrics import REVIEW_ACTIONS, Aggregate, Rows, Scan
from perfwidget.question.access import ScopedQuery
from perfwidget.question.period import Bucket
from perfwidget.stores.counting import (
    DECIDED,
    INSTANT,
    Counted,
    Flags,
    Wanted,
    columns_of_scan,
    decided_by_others,
    of_nothing,
    told_by_rows,
)
from perfwidget.stores.dialect import Dialect
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Part, Session
from perfwidget.stores.sql import columns_in, decided_in, recorded, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids; of more, the engine looks them up itself."""

LONG = 200 * 86_400 * MICROSECONDS
"""Of longer periods it goes without saying that there are more annotations than few."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    return _together(session.each(_Work(session.dialect, asked, buckets, scans).parts))


def _together(answers: Iterable[Answer]) -> Answer:
    total: dict[Aggregate, Sequence[int | None]] = {}
    in_buckets: dict[Aggregate, Sequence[int | None]] = {}
    recorded: dict[str, int | None] = {}
    for each in answers:
        total.update(each.total)
        in_buckets.update(each.buckets)
        recorded.update(each.recorded)
    return Answer(total, in_buckets, recorded)


class _Work:
    """The work on one question, in parts, each of which answers some of it."""

    def __init__(self, dialect: Dialect, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> None:
        self._asked = asked
        self._starts = np.array([bucket.start for bucket in buckets], np.int64)
        self._start, self._end = buckets[0].start, buckets[-1].end
        self._long = self._end - self._start > LONG
        # What takes long stands at both ends, where it is begun first, and what adds others is the first.
        scans = sorted(scans, key=lambda scan: decided_by_others(scan) is None)
        self._noted = [scan for scan in scans if dialect.noted(scan)]
        self.parts: list[Part[Answer]] = [partial(self._of_scan, scan=s) for s in scans if s not in self._noted]
        self.parts.insert(1, self._recorded)
        if self._long:
            self.parts += [partial(self._decided, scan=scan) for scan in scans if decided_by_others(scan)]

    def _recorded(self, session: Session) -> Answer:
        """Tell since when each kind is recorded, and answer the scans that have nothing of most members."""
        found = session.rows(*recorded(self._asked, mentions=bool(self._noted)))
        since = {kind: instant for kind, instant, mentioned in found if not mentioned}
        doing = {kind for kind, _, mentioned in found if mentioned}
        if session.dialect.keeps_more:
            since["flags"] = None  # which are kept by our own tables only
        answers = [self._of_scan(session, scan) for scan in self._noted if scan.name in doing]
        nothing = [self._of_nothing(told_by_rows(scan)) for scan in self._noted if scan.name not in doing]
        return _together([Answer({}, {}, since), *answers, *nothing])

    def _of_scan(self, session: Session, scan: Scan) -> Answer:
        """Answer the aggregates of a scan; what others decide on, or take a while to add up, becomes a further part."""
        told, decided = told_by_rows(scan), None if self._long else decided_by_others(scan)
        statement = columns_in(session.dialect, self._asked, scan, self._start, self._end, ids=decided is not None)
        columns = session.columns(columns_of_scan(scan), *statement, texts=() if decided is None else (DECIDED,))
        if not len(columns[INSTANT]):
            return self._of_nothing((*told, *([] if decided is None else [decided])))
        rows = Counted(columns, self._starts, self._asked.rules)
        if decided is None:
            return _added_up(rows, told)
        perhaps = rows.those(decided.rows)
        # While the engine looks for reviews, somebody else has the time.
        self.parts.append(lambda _: _added_up(rows, told))
        ids = rows[DECIDED][perhaps].tolist()
        if len(ids) > FEW:
            return self._decided(session, scan)
        rejected = _rejected_among(session, self._asked, ids)
        perhaps[perhaps] = [each in rejected for each in ids]
        return _added_up(rows, [decided], perhaps)

    def _decided(self, session: Session, scan: Scan) -> Answer:
        """Answer the aggregates of a scan on which rows of others decide."""
        decided = decided_by_others(scan)
        if decided is None:
            return Answer({}, {}, {})
        statement = decided_in(session.dialect, self._asked, scan, self._start, self._end)
        rows = Counted(session.columns((INSTANT,), *statement), self._starts, self._asked.rules)
        return _added_up(rows, [decided], rows.those(Rows(scan)))

    def _of_nothing(self, wanted: Iterable[Wanted]) -> Answer:
        """Answer the aggregates of no rows."""
        aggregates = [aggregate for each in wanted for aggregate in each.aggregates]
        total = {aggregate: (of_nothing(aggregate),) for aggregate in aggregates}
        buckets = {aggregate: found * len(self._starts) for aggregate, found in total.items()}
        return Answer(total, buckets, {})


def _added_up(rows: Counted, wanted: Iterable[Wanted], those: Flags | None = None) -> Answer:
    """Answer the aggregates of some rows: of `those`, or of all that tell that they are wanted."""
    total: dict[Aggregate, Sequence[int | None]] = {}
    buckets: dict[Aggregate, Sequence[int | None]] = {}
    for each in wanted:
        chosen = rows.those(each.rows) if those is None else those
        for aggregate in each.aggregates:
            of_all, buckets[aggregate] = rows.add_up(aggregate, chosen)
            total[aggregate] = (of_all,)
    return Answer(total, buckets, {})


def _rejected_among(session: Session, asked: ScopedQuery, annotations: Sequence[str]) -> Collection[str]:
    """Return those of a few annotations whose latest review is a rejection."""
    if not annotations:
        return ()
    reviews = session.rows(*reviews_of(session.dialect, asked, annotations))
    told = [review for review in sorted(reviews, key=_age) if review[-1] in REVIEW_ACTIONS]
    latest = {annotation: action for annotation, *_, action in told}
    return {annotation for annotation, action in latest.items() if action == "rejected"}


def _age(review: tuple[Any, ...]) -> tuple[bool, int, str]:
    """Return the place of a review among others of its annotation; a host's view may lack its instant."""
    _, instant, identity, _ = review
    return instant is None, instant or 0, identity
