"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from perfwidget.access import ScopedQuery
from perfwidget.metrics import REVIEW_ACTIONS, Aggregate, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import DECIDED, Counted, Flags, aggregates_of, columns_of_scan, decided_by_others
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Session
from perfwidget.stores.sql import columns_in, rejected_of, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids; for more, all of the subject's are read."""

OfScan = tuple[list[int], dict[Aggregate, tuple[int | None, list[int | None]]]]
"""The places of the buckets that have rows, and each aggregate: of all rows, and by place."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    alone = [scan for scan in scans if decided_by_others(scan) is None]
    decided = [scan for scan in scans if scan not in alone]

    def one(session: Session) -> list[OfScan]:
        return _added_up(session, asked, buckets, decided)

    def other(session: Session) -> tuple[list[OfScan], Mapping[str, int | None]]:
        return _added_up(session, asked, buckets, alone), _recorded(session, asked)

    of_decided, (of_others, recorded) = session.both(one, other)
    total: dict[Aggregate, int | None] = {}
    places: dict[int, dict[Aggregate, int | None]] = {}
    for filled, found in chain(of_decided, of_others):
        targets = [(place, places.setdefault(place, {})) for place in filled]
        for aggregate, (of_all, by_place) in found.items():
            total[aggregate] = of_all
            for place, target in targets:
                target[aggregate] = by_place[place]
    return Answer(total, places, recorded)


def _recorded(session: Session, asked: ScopedQuery) -> Mapping[str, int | None]:
    """Map each recorded kind to the instant since when; doubts are kept by our own tables only."""
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    kinds = dict(session.rows(text, {"organization_id": asked.scope.organization_id}))
    return kinds | {"doubts": None} if session.dialect.keeps_more else kinds


def _added_up(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> list[OfScan]:
    return [_of_scan(session, asked, buckets, scan) for scan in scans]


def _of_scan(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan) -> OfScan:
    names, decided = columns_of_scan(scan), decided_by_others(scan)
    start, end = buckets[0].start, buckets[-1].end
    statement = columns_in(session.dialect, asked, scan, start, end)
    columns = session.columns(names, *statement, texts=() if decided is None else (DECIDED,))
    rows = Counted(columns, buckets, asked.rules)
    chosen = {aggregate.rows: rows.those(aggregate.rows) for aggregate in aggregates_of(scan)}
    if decided is not None:
        chosen[decided] = _sent_back(session, asked, chosen[decided], rows[DECIDED])
    return rows.filled, {aggregate: rows.add_up(aggregate, chosen[aggregate.rows]) for aggregate in aggregates_of(scan)}


def _sent_back(session: Session, asked: ScopedQuery, chosen: Flags, annotations: Any) -> Flags:
    """Say of each row whether it is one of the chosen, and its annotation's latest review is a rejection."""
    ids = annotations[chosen].tolist()
    if not ids:
        return chosen
    if len(ids) > FEW:
        rejected = {annotation for (annotation,) in session.rows(*rejected_of(session.dialect, asked))}
    else:
        reviews = session.rows(*reviews_of(session.dialect, asked, ids))
        told = [review for review in sorted(reviews, key=_age) if review[-1] in REVIEW_ACTIONS]
        latest = {annotation: action for annotation, *_, action in told}
        rejected = {annotation for annotation, action in latest.items() if action == "rejected"}
    found = chosen.copy()
    found[chosen] = [each in rejected for each in ids]
    return found


def _age(review: tuple[Any, ...]) -> tuple[bool, int, str]:
    """Return the place of a review among others of its annotation; a host's view may lack its instant."""
    _, instant, identity, _ = review
    return instant is None, instant or 0, identity
