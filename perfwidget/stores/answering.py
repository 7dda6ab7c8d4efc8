"""One question's numbers: a statement for each scan, and one more where rows of other tables have a say."""

from collections.abc import Sequence

from perfwidget.access import ScopedQuery
from perfwidget.metrics import Aggregate, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import BEYOND_THE_ROW, INSTANT, Counted, aggregates_of, columns_of_scan
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Session
from perfwidget.stores.sql import columns_in, instants_of


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
                total[aggregate], values = _counted_apart(session, asked, buckets, aggregate).count()
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


def _counted_apart(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], aggregate: Aggregate) -> Counted:
    start, end = buckets[0].start, buckets[-1].end
    columns = session.columns((INSTANT,), *instants_of(session.dialect, asked, aggregate.rows, start, end))
    return Counted(columns, buckets, asked.rules, start)
