"""What a member does about their own statements: acknowledge them, question them; and who answers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from blinker import Signal

from perfwidget.errors import Forbidden, InvalidPay
from perfwidget.pay import contests as asked
from perfwidget.pay import statements as kept
from perfwidget.pay.adjusting import LARGEST_NUMBER
from perfwidget.pay.contests import Contest
from perfwidget.pay.opened import OpenPay, covers, projects_of
from perfwidget.pay.refusals import told_to
from perfwidget.pay.rights import By, member_of
from perfwidget.pay.statements import Statement
from perfwidget.pay.terms import NOT_BEGUN, kept_terms
from perfwidget.question.access import Viewer
from perfwidget.records import Actor, Transaction
from perfwidget.records.tables import CONTESTS, STATEMENTS

contested = Signal("A member has questioned a line or an item of a statement.")
answered = Signal("A member's question about a statement was answered.")


class Questions(OpenPay):
    """Acknowledging statements, and contests of them.

    Once it is kept, `contested` is sent by the `Pay` with `viewer` and `contest`, and `answered` with `by` and
    `contest`.
    """

    def acknowledge(self, number: int, viewer: Viewer) -> Statement:
        """Say that one agrees with one's own statement; acknowledging it twice changes nothing."""
        with self._own(number, viewer) as (transaction, found, actor):
            asked.acknowledge(transaction, found, actor)
            return kept.statement(transaction, number)

    def contest(
        self,
        number: int,
        text: str,
        viewer: Viewer,
        *,
        line: int | None = None,
        kind: str | None = None,
        item_id: int | str | None = None,
    ) -> Contest:
        """Question a line (by its place, from 1) or an item (by kind and id) of one's own statement, with a text.

        It is to be answered within `contest_days`, and delays nobody's pay.
        """
        with self._own(number, viewer) as (transaction, found, actor):
            terms = kept_terms(transaction)
            if terms is None:
                raise InvalidPay(NOT_BEGUN)
            due = terms.today(transaction.now) + timedelta(days=self._contest_days)
            made = asked.ask(transaction, found, asked.about(found, line, kind, item_id), text, due, actor)
        contested.send(self, viewer=viewer, contest=made)
        return made

    def answer(self, number: int, word: str, text: str, by: By) -> Contest:
        """Answer a question with *corrected*, *explained* or *refused* and a text.

        Raises Conflict where somebody answered it before. What it brings is a new proposal or an adjustment.
        """
        with self._acting(by) as (transaction, _, grant):
            found = asked.contest(transaction, number)
            of = kept.statement(transaction, found.statement)
            details = grant.about(of.user_id)
            grant.within(projects_of(of), of.user_id)
            made = asked.answer(transaction, found, word, text, grant.actor, **details)
        answered.send(self, by=by, contest=made)
        return made

    def contests(self, viewer: By, *, is_open: bool | None = None) -> Sequence[Contest]:
        """Return questions by number, all or those that are open, or answered: one's own; to whom manages pay, theirs.

        A manager sees their own, and those about statements that they may see.
        """
        word = CONTESTS.c.word
        which: tuple[Any, ...] = () if is_open is None else (word.is_(None) if is_open else word.is_not(None),)
        with self._looking(viewer) as (transaction, _, grant):
            mine = viewer.user_id if isinstance(viewer, Viewer) else None
            if grant is None:
                return asked.contests(transaction, CONTESTS.c.person == (transaction.person(mine or "") or ""), *which)
            found = asked.contests(transaction, *which)
            if grant.projects is None:
                return found
            known = kept.statements(transaction)
            seen = {of.number for of in known if of.user_id == mine or covers(grant, of)}
            return [each for each in found if each.statement in seen]

    @contextmanager
    def _own(self, number: int, viewer: Viewer) -> Iterator[tuple[Transaction, Statement, Actor]]:
        """Open a write about a member's own statement; raises Forbidden for another's, as for one that is not there."""
        with self._records.writing(self.organization_id) as transaction, self._store.reading() as reader:
            actor = member_of(reader, self.organization_id, viewer)
            person = transaction.person(viewer.user_id)
            known = 1 <= number <= LARGEST_NUMBER
            found = kept.statements(transaction, STATEMENTS.c.number == number) if known else []
            if not found or found[0].person != person:
                raise Forbidden
            with told_to(self._names(reader, viewer), sees_all=True):
                yield transaction, found[0], actor
