"""What answers each address of pay."""

import logging
from collections.abc import Mapping
from functools import wraps
from typing import Any

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
from perfwidget.pay_pages.routes import View
from perfwidget.pay_pages.terms_views import TermsViews

log = logging.getLogger(__name__)


def views(context: PayContext) -> Mapping[str, View]:
    """Return what answers each endpoint of `routes`."""
    listing, members = ListView(context), MemberViews(context)
    acting, cards = ActViews(context, listing), CardViews(context)
    questions, terms = QuestionViews(context), TermsViews(context, members)
    files = FileViews(context)
    documents: dict[str, View] = {
        "pay": listing.pay,
        "pay_check": acting.check,
        "pay_run": acting.run,
        "pay_draft": members.draft,
        "pay_statement": members.statement,
        "pay_contest": members.contest,
        "pay_acknowledge": questions.acknowledge,
        "pay_cards": cards.cards,
        "pay_card": cards.card,
        "pay_terms": terms.terms,
        "pay_hold": terms.hold,
        "pay_adjust": terms.adjust,
        "pay_take_back": terms.take_back,
        "pay_questions": questions.questions,
        "pay_answer": questions.answer,
        "my_pay": members.my_pay,
    }
    return {
        **{endpoint: _told(view, context) for endpoint, view in documents.items()},
        "pay_payroll_csv": files.payroll,
        "pay_lines_csv": files.lines,
        "pay_items_csv": files.items,
        "pay_manifest_json": files.manifest,
    }


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
