"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from perfwidget.access import ScopedQuery
from perfwidget.columns import MICROSECONDS
from perfwidget.metrics import AGGREGATES, REVIEW_ACTIONS, Aggregate, Rows, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import (
    DECIDED,
    INSTANT,
    Counted,
    Flags,
    aggregates_of,
    columns_of_scan,
    decided_by_others,
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
    long = buckets[-1].end - buckets[0].start > LONG
    each = partial(_of_scan, asked=asked, buckets=buckets, apart=long)
    apart = partial(_decided, asked=asked, buckets=buckets)
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


def _of_scan(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan, *, apart: bool) -> Answer:
    """Answer the aggregates of a scan, but for those that are asked for apart as rows of others decide on them."""
    names, decided = columns_of_scan(scan), decided_by_others(scan)
    statement = columns_in(session.dialect, asked, scan, buckets[0].start, buckets[-1].end, ids=not apart)
    columns = session.columns(names, *statement, texts=() if decided is None or apart else (DECIDED,))
    rows = Counted(columns, buckets, asked.rules)
    chosen = {aggregate.rows: rows.those(aggregate.rows) for aggregate in aggregates_of(scan)}
    if decided is None:
        return _added_up(rows, chosen)
    perhaps = chosen.pop(decided)
    answer = _added_up(rows, chosen)
    if apart:
        return answer
    ids = rows[DECIDED][perhaps].tolist()
    if len(ids) > FEW:
        return _together([answer, _decided(session, asked, buckets, scan)])
    rejected = _rejected_among(session, asked, ids)
    perhaps[perhaps] = [each in rejected for each in ids]
    return _together([answer, _added_up(rows, {decided: perhaps})])


def _decided(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan) -> Answer:
    """Answer the aggregates of a scan on which rows of others decide."""
    statement = decided_in(session.dialect, asked, scan, buckets[0].start, buckets[-1].end)
    rows = Counted(session.columns((INSTANT,), *statement), buckets, asked.rules)
    decided = (aggregate.rows for aggregate in aggregates_of(scan) if aggregate.rows == decided_by_others(scan))
    return _added_up(rows, dict.fromkeys(decided, rows.those(Rows(scan))))


def _added_up(rows: Counted, chosen: Mapping[Rows, Flags]) -> Answer:
    """Answer the aggregates of some rows."""
    those = (aggregate for aggregate in AGGREGATES if aggregate.rows in chosen)
    found = {aggregate: rows.add_up(aggregate, chosen[aggregate.rows]) for aggregate in those}
    total = {aggregate: (of_all,) for aggregate, (of_all, _) in found.items()}
    return Answer(total, {aggregate: by_place for aggregate, (_, by_place) in found.items()}, {})


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
