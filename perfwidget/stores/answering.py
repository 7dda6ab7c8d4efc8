"""One question's numbers: a statement for each scan, and more where rows of other tables have a say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from perfwidget.access import ScopedQuery
from perfwidget.metrics import AGGREGATES, REVIEW_ACTIONS, REVIEWED, Aggregate, Rows, Scan
from perfwidget.period import Bucket
from perfwidget.stores.counting import DECIDED, Counted, Flags, aggregates_of, columns_of_scan, decided_by_others
from perfwidget.stores.protocol import Answer
from perfwidget.stores.session import Session
from perfwidget.stores.sql import columns_in, rejected_of, reviews_of

FEW = 500
"""Annotations whose reviews are asked for by the annotations' ids; for more, all of the subject's are read."""

MANY = 10 * FEW
"""Reviews in the period for which it goes without saying that there are more annotations than few."""


class _Undecided(NamedTuple):
    """Rows on which reviews decide, that many that these are better read all at once."""

    rows: Counted
    those: Rows
    chosen: Flags

    def decided(self, rejected: Collection[str]) -> Answer:
        """Answer the aggregates of those rows, given the annotations whose latest review is a rejection."""
        chosen = self.chosen.copy()
        chosen[chosen] = [each in rejected for each in self.rows[DECIDED][chosen]]
        return _added_up(self.rows, {self.those: chosen})


class _Told(NamedTuple):
    """What a part of a question has come to."""

    answer: Answer
    undecided: _Undecided | None = None
    rejected: Collection[str] | None = None
    """The annotations whose latest review is a rejection, where it was clear that somebody would ask for them."""


def answer(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scans: Sequence[Scan]) -> Answer:
    """Answer every aggregate of the scans."""
    # What takes long comes first: it goes on while another thread does the rest, beginning with the reviews received.
    in_turn = sorted(scans, key=lambda scan: (decided_by_others(scan) is None, scan is REVIEWED))
    parts = [partial(_of_scan, asked=asked, buckets=buckets, scan=scan) for scan in in_turn]
    told = session.each([*parts[:1], partial(_recorded, asked=asked), *parts[1:]])
    answers = [each.answer for each in told]
    for undecided in filter(None, (each.undecided for each in told)):
        rejected = next((each.rejected for each in told if each.rejected is not None), None)
        answers.append(undecided.decided(_rejected(session, asked) if rejected is None else rejected))
    return _together(answers)


def _together(answers: Iterable[Answer]) -> Answer:
    total: dict[Aggregate, Sequence[int | None]] = {}
    buckets: dict[Aggregate, Sequence[int | None]] = {}
    recorded: dict[str, int | None] = {}
    for each in answers:
        total.update(each.total)
        buckets.update(each.buckets)
        recorded.update(each.recorded)
    return Answer(total, buckets, recorded)


def _recorded(session: Session, asked: ScopedQuery) -> _Told:
    """Tell since when each kind is recorded; doubts are kept by our own tables only."""
    text = "SELECT kind, since FROM recorded WHERE organization_id = $organization_id"
    kinds = dict(session.rows(text, {"organization_id": asked.scope.organization_id}))
    return _Told(Answer({}, {}, kinds | {"doubts": None} if session.dialect.keeps_more else kinds))


def _of_scan(session: Session, asked: ScopedQuery, buckets: Sequence[Bucket], scan: Scan) -> _Told:
    names, decided = columns_of_scan(scan), decided_by_others(scan)
    start, end = buckets[0].start, buckets[-1].end
    statement = columns_in(session.dialect, asked, scan, start, end)
    columns = session.columns(names, *statement, texts=() if decided is None else (DECIDED,))
    rows = Counted(columns, buckets, asked.rules)
    chosen = {aggregate.rows: rows.those(aggregate.rows) for aggregate in aggregates_of(scan)}
    if decided is None:
        expected = scan is REVIEWED and len(rows) > MANY
        return _Told(_added_up(rows, chosen), rejected=_rejected(session, asked) if expected else None)
    undecided = _Undecided(rows, decided, chosen.pop(decided))
    answer = _added_up(rows, chosen)
    ids = rows[DECIDED][undecided.chosen].tolist()
    if len(ids) > FEW:
        return _Told(answer, undecided)
    return _Told(_together([answer, undecided.decided(_rejected_among(session, asked, ids))]))


def _added_up(rows: Counted, chosen: Mapping[Rows, Flags]) -> Answer:
    """Answer the aggregates of some rows."""
    those = (aggregate for aggregate in AGGREGATES if aggregate.rows in chosen)
    found = {aggregate: rows.add_up(aggregate, chosen[aggregate.rows]) for aggregate in those}
    total = {aggregate: (of_all,) for aggregate, (of_all, _) in found.items()}
    return Answer(total, {aggregate: by_place for aggregate, (_, by_place) in found.items()}, {})


def _rejected(session: Session, asked: ScopedQuery) -> Collection[str]:
    """Return all of the subject's annotations whose latest review is a rejection."""
    return {annotation for (annotation,) in session.rows(*rejected_of(session.dialect, asked))}


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
