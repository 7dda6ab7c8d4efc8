"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections import ChainMap
from collections.abc import Sequence
from functools import partial
from typing import Any

from perfwidget.access import ScopedQuery
from perfwidget.metrics import REVIEW_ACTIONS, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import DECIDED, Counted, Flags, aggregates_of, columns_of_scan, decided_by_others
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Session
from perfwidget.stores.sql import columns_in, rejected_of, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids; for more, all of the subject's are read."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    # What takes long comes first: it goes on while another thread does the rest.
    in_turn = sorted(scans, key=lambda scan: decided_by_others(scan) is None)
    parts = [partial(_of_scan, asked=asked, buckets=buckets, scan=scan) for scan in in_turn]
    found = session.each([*parts[:1], partial(_recorded, asked=asked), *parts[1:]])
    return Answer(*(dict(ChainMap(*each)) for each in zip(*found, strict=True)))


def _recorded(session: Session, asked: ScopedQuery) -> Answer:
    """Tell since when each kind is recorded; doubts are kept by our own tables only."""
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    kinds = dict(session.rows(text, {"organization_id": asked.scope.organization_id}))
    return Answer({}, {}, kinds | {"doubts": None} if session.dialect.keeps_more else kinds)


def _of_scan(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan) -> Answer:
    names, decided = columns_of_scan(scan), decided_by_others(scan)
    start, end = buckets[0].start, buckets[-1].end
    statement = columns_in(session.dialect, asked, scan, start, end)
    columns = session.columns(names, *statement, texts=() if decided is None else (DECIDED,))
    rows = Counted(columns, buckets, asked.rules)
    chosen = {aggregate.rows: rows.those(aggregate.rows) for aggregate in aggregates_of(scan)}
    if decided is not None:
        chosen[decided] = _sent_back(session, asked, chosen[decided], rows[DECIDED])
    found = {aggregate: rows.add_up(aggregate, chosen[aggregate.rows]) for aggregate in aggregates_of(scan)}
    total = {aggregate: (of_all,) for aggregate, (of_all, _) in found.items()}
    return Answer(total, {aggregate: by_place for aggregate, (_, by_place) in found.items()}, {})


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
