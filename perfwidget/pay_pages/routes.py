"""The addresses of pay, and what answers each."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from flask import Response
from werkzeug.exceptions import HTTPException

from perfwidget.errors import PerfwidgetError
from perfwidget.hosting.refusals import FAILED
from perfwidget.pay_pages.act_views import ActViews
from perfwidget.pay_pages.card_views import CardViews
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.file_views import FileViews
from perfwidget.pay_pages.list_view import ListView
from perfwidget.pay_pages.member_views import MemberViews
from perfwidget.pay_pages.question_views import QuestionViews
from perfwidget.pay_pages.rendering import page, refusal_page
from perfwidget.pay_pages.terms_views import TermsViews

log = logging.getLogger(__name__)

View = Callable[..., Response]


class Route(NamedTuple):
    """An address below the prefix, and what answers it."""

    rule: str
    view: View
    methods: tuple[str, ...] = ("GET",)


_GET, _POST, _BOTH = ("GET",), ("POST",), ("GET", "POST")


class PayPages:
    """The pages of pay of one widget."""

    def __init__(self, context: PayContext) -> None:
        listing, members = ListView(context), MemberViews(context)
        acting, cards = ActViews(context, listing), CardViews(context)
        questions, terms = QuestionViews(context), TermsViews(context, members)
        documents = {
            "pay": Route("/pay", listing.pay),
            "pay_check": Route("/pay/check", acting.check, _POST),
            "pay_run": Route("/pay/run", acting.run, _POST),
            "pay_draft": Route("/pay/draft", members.draft),
            "pay_statement": Route("/pay/statements/<int:number>", members.statement),
            "pay_contest": Route("/pay/statements/<int:number>/question", members.contest, _POST),
            "pay_acknowledge": Route("/pay/statements/<int:number>/acknowledge", questions.acknowledge, _POST),
            "pay_cards": Route("/pay/cards", cards.cards, _BOTH),
            "pay_card": Route("/pay/cards/<int:card_id>", cards.card, _POST),
            "pay_terms": Route("/pay/terms", terms.terms, _BOTH),
            "pay_hold": Route("/pay/hold", terms.hold, _POST),
            "pay_adjust": Route("/pay/adjust", terms.adjust, _POST),
            "pay_take_back": Route("/pay/adjustments/<int:number>", terms.take_back, _POST),
            "pay_questions": Route("/pay/questions", questions.questions),
            "pay_answer": Route("/pay/questions/<int:number>", questions.answer, _POST),
            "my_pay": Route("/my-pay", members.my_pay),
        }
        files = FileViews(context)
        self.routes: Mapping[str, Route] = {
            **{name: route._replace(view=_told(route.view, context)) for name, route in documents.items()},
            "pay_payroll_csv": Route("/pay/payroll.csv", files.payroll),
            "pay_lines_csv": Route("/pay/lines.csv", files.lines),
            "pay_items_csv": Route("/pay/items.csv", files.items),
            "pay_manifest_json": Route("/pay/manifest.json", files.manifest),
        }
        self.documents = frozenset(documents)
        """The endpoints that answer with a page for people."""


def _told(view: View, context: PayContext) -> View:
    """Answer what is refused with a page that says so."""

    @wraps(view)
    def telling(**given: Any) -> Response:
        try:
            return view(**given)
        except PerfwidgetError as fault:
            return refusal_page(fault, context)
        except HTTPException:
            raise
        except Exception as fault:
            log.error("A page of pay failed.", exc_info=fault)
            return page("refused.html", context.prefix(), 500, sentence=FAILED, manages=False, begins=False)

    return telling
