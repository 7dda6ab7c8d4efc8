"""Questions about statements: members ask and acknowledge, payers answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from perfwidget.errors import PerfwidgetError
from perfwidget.page import formats as page_formats
from perfwidget.pay import Answer, Contest, Pay
from perfwidget.pay.rights import granted, named_to
from perfwidget.pay_pages import periods, words
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.directory import name_of, profiles_of
from perfwidget.pay_pages.rendering import address_of, onward, page
from perfwidget.question.access import Viewer
from perfwidget.stores import Reader


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as people read it."""

    contest: Contest
    name: str
    about: str
    asked: str
    due: str
    late: bool
    answered_by: str
    answered: str


def question_rows(found: Sequence[Contest], reader: Reader, viewer: Viewer, zone: str, now: int) -> list[QuestionRow]:
    """Return questions as rows: open ones by the day on which they are due, then those that were answered last."""
    users = {each.user_id for each in found} | {each.answered_by for each in found}
    known = profiles_of(reader, viewer.organization_id, {each for each in users if each is not None})
    today = periods.today(zone, now)
    waiting = sorted((each for each in found if each.is_open), key=lambda each: (each.due, each.number))
    ordered = [*waiting, *(each for each in reversed(found) if not each.is_open)]
    return [
        QuestionRow(
            contest=each,
            name=name_of(known.get(each.user_id or "")),
            about=words.about(each.line, each.item),
            asked=periods.day_of(each.asked_at, zone),
            due=page_formats.day(each.due),
            late=each.is_open and each.due < today,
            answered_by=""
            if each.answered_by is None
            else page_formats.shown(named_to(viewer, known[each.answered_by])),
            answered="" if each.answered_at is None else periods.day_of(each.answered_at, zone),
        )
        for each in ordered
    ]


class QuestionViews:
    """Shows questions and takes answers."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def questions(self) -> Response:
        """Show the questions that whoever manages pay may answer."""
        context, viewer = self._context, self._context.viewer()
        with context.place():
            return self._page(context.pay(viewer), viewer, {})

    def answer(self, number: int) -> Response:
        """Take an answer; where it is refused, show the questions again with what was typed."""
        context, viewer = self._context, self._context.viewer()
        pay = context.pay(viewer)
        given = {"word": request.form.get("word", ""), "text": request.form.get("text", "")}
        with context.place():
            try:
                pay.answer(number, given["word"], given["text"], viewer)
            except PerfwidgetError as fault:
                return self._page(pay, viewer, {number: given}, fault)
        return onward(f"{address_of('pay_questions')}#question-{number}")

    def acknowledge(self, number: int) -> Response:
        """Keep that a member agrees with their statement."""
        context, viewer = self._context, self._context.viewer()
        with context.place():
            context.pay(viewer).acknowledge(number, viewer)
        return onward(address_of("pay_statement", number=number))

    def _page(self, pay: Pay, viewer: Viewer, given: dict[int, Any], fault: PerfwidgetError | None = None) -> Response:
        context = self._context
        now, terms = context.records.open().clock(), pay.terms(viewer)
        zone = context.zone(terms)
        with context.store.reading() as reader:
            granted(reader, viewer.organization_id, viewer, context.pay_roles)
            rows = question_rows(pay.contests(viewer), reader, viewer, zone, now)
        return page(
            "questions.html",
            context.prefix(),
            status=200 if fault is None else fault.status,
            fault=str(fault or ""),
            rows=rows,
            given=given,
            answers=list(Answer),
            viewer_id=viewer.user_id,
        )
