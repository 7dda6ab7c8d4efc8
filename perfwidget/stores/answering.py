"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from perfwidget.access import ScopedQuery
from perfwidget.metrics import REVIEW_ACTIONS, Aggregate, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import BEYOND_THE_ROW, INSTANT, Columns, Counted, aggregates_of, columns_of_scan
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Session
from perfwidget.stores.sql import annotations_of, columns_in, instants_of, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    total: dict[Aggregate, int | None] = {}
    places: dict[int, dict[Aggregate, int | None]] = {}
    for scan in scans:
        rows = _counted(session, asked, buckets, scan)
        filled = [(place, places.setdefault(place, {})) for place in rows.filled]
        for aggregate in aggregates_of(scan):
            chosen = rows.those(aggregate.rows)
            if BEYOND_THE_ROW in aggregate.rows.where and chosen.any():
                few = np.count_nonzero(chosen) <= FEW
                apart = (_sent_back if few else _joined)(session, asked, buckets, aggregate)
                total[aggregate], values = Counted(apart, buckets, asked.rules, buckets[0].start).count()
            else:
                total[aggregate], values = rows.add_up(aggregate, chosen)
            for place, target in filled:
                target[aggregate] = values[place]
    return Answer(total, places)


def _counted(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan) -> Counted:
    names = columns_of_scan(scan)
    start, end = buckets[0].start, buckets[-1].end
    columns = session.columns(names, *columns_in(session.dialect, asked, scan, names, start, end))
    return Counted(columns, buckets, asked.rules, start if asked.period is None else asked.period.start)


def _sent_back(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], aggregate: Aggregate) -> Columns:
    """Return the instants of the annotations whose latest review is a rejection, found in two steps."""
    start, end = buckets[0].start, buckets[-1].end
    instants = dict(session.rows(*annotations_of(session.dialect, asked, aggregate.rows, start, end)))
    reviews = session.rows(*reviews_of(session.dialect, asked, list(instants))) if instants else []
    latest = {annotation: action for annotation, _, _, action in sorted(reviews, key=_age) if action in REVIEW_ACTIONS}
    return {INSTANT: np.array([instants[each] for each, action in latest.items() if action == "rejected"], np.int64)}


def _age(review: tuple[Any, ...]) -> tuple[bool, int, str]:
    """Return the place of a review among others of its annotation; a host's view may lack its instant."""
    _, instant, identity, _ = review
    return instant is None, instant or 0, identity


def _joined(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], aggregate: Aggregate) -> Columns:
    """Return the same, found in one step, which takes longer to plan and not so long for many."""
    start, end = buckets[0].start, buckets[-1].end
    return session.columns((INSTANT,), *instants_of(session.dialect, asked, aggregate.rows, start, end))
