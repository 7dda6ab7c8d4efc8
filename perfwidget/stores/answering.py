"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from perfwidget.access import ScopedQuery
from perfwidget.columns import MICROSECONDS
from perfwidget.metrics import REVIEW_ACTIONS, Aggregate, Rows, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import (
    DECIDED,
    INSTANT,
    Counted,
    Flags,
    Numbers,
    Wanted,
    columns_of_scan,
    decided_by_others,
    of_nothing,
    told_by_rows,
)
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Part, Session
from perfwidget.stores.sql import columns_in, decided_in, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids; of more, the engine looks them up itself."""

LONG = 200 * 86_400 * MICROSECONDS
"""Of longer periods it goes without saying that there are more annotations than few."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    starts, end = np.array([bucket.start for bucket in buckets], np.int64), buckets[-1].end
    long = end - buckets[0].start > LONG
    each = partial(_of_scan, asked=asked, starts=starts, end=end, apart=long)
    apart = partial(_decided, asked=asked, starts=starts, end=end)
    parts: list[Part[Answer]] = [partial(each, scan=scan) for scan in scans]
    # What takes long stands at both ends, where it is begun first.
    parts.insert(1, partial(_recorded, asked=asked))
    parts += [partial(apart, scan=scan) for scan in scans if long and decided_by_others(scan)]
    return _together(session.each(parts))


def _together(answers: Iterable[Answer]) -> Answer:
    total: dict[Aggregate, Sequence[int | None]] = {}
    buckets: dict[Aggregate, Sequence[int | None]] = {}
    recorded: dict[str, int | None] = {}
    for each in answers:
        total.update(each.total)
        buckets.update(each.buckets)
        recorded.update(each.recorded)
    return Answer(total, buckets, recorded)


def _recorded(session: Session, asked: ScopedQuery) -> Answer:
    """Tell since when each kind is recorded; doubts are kept by our own tables only."""
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    kinds = dict(session.rows(text, {"organization_id": asked.scope.organization_id}))
    return Answer({}, {}, kinds | {"doubts": None} if session.dialect.keeps_more else kinds)


def _of_scan(session: Session, asked: ScopedQuery, starts: Numbers, end: int, scan: Scan, *, apart: bool) -> Answer:
    """Answer the aggregates of a scan, but for those that are asked for apart as rows of others decide on them."""
    told, decided = told_by_rows(scan), None if apart else decided_by_others(scan)
    statement = columns_in(session.dialect, asked, scan, int(starts[0]), end, ids=not apart)
    columns = session.columns(columns_of_scan(scan), *statement, texts=() if decided is None else (DECIDED,))
    if not len(columns[INSTANT]):
        return _of_nothing((*told, *([] if decided is None else [decided])), len(starts))
    rows = Counted(columns, starts, asked.rules)
    answer = _added_up(rows, ((wanted, rows.those(wanted.rows)) for wanted in told))
    if decided is None:
        return answer
    perhaps = rows.those(decided.rows)
    ids = rows[DECIDED][perhaps].tolist()
    if len(ids) > FEW:
        return _together([answer, _decided(session, asked, starts, end, scan)])
    rejected = _rejected_among(session, asked, ids)
    perhaps[perhaps] = [each in rejected for each in ids]
    return _together([answer, _added_up(rows, [(decided, perhaps)])])


def _decided(session: Session, asked: ScopedQuery, starts: Numbers, end: int, scan: Scan) -> Answer:
    """Answer the aggregates of a scan on which rows of others decide."""
    decided = decided_by_others(scan)
    if decided is None:
        return Answer({}, {}, {})
    statement = decided_in(session.dialect, asked, scan, int(starts[0]), end)
    rows = Counted(session.columns((INSTANT,), *statement), starts, asked.rules)
    return _added_up(rows, [(decided, rows.those(Rows(scan)))])


def _of_nothing(wanted: Iterable[Wanted], buckets: int) -> Answer:
    """Answer the aggregates of no rows."""
    aggregates = [aggregate for each in wanted for aggregate in each.aggregates]
    total = {aggregate: (of_nothing(aggregate),) for aggregate in aggregates}
    return Answer(total, {aggregate: found * buckets for aggregate, found in total.items()}, {})


def _added_up(rows: Counted, chosen: Iterable[tuple[Wanted, Flags]]) -> Answer:
    """Answer the aggregates of some rows."""
    total: dict[Aggregate, Sequence[int | None]] = {}
    buckets: dict[Aggregate, Sequence[int | None]] = {}
    for wanted, those in chosen:
        for aggregate in wanted.aggregates:
            of_all, buckets[aggregate] = rows.add_up(aggregate, those)
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
