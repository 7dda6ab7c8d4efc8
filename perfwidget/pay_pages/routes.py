"""The addresses of pay. What answers them is loaded once somebody comes."""

from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, NamedTuple

from flask import Response

from perfwidget.pay_pages.context import PayContext

View = Callable[..., Response]


class Route(NamedTuple):
    """An address below the prefix."""

    rule: str
    methods: tuple[str, ...] = ("GET",)


_POST, _BOTH = ("POST",), ("GET", "POST")

DOCUMENTS = {
    "pay": Route("/pay"),
    "pay_check": Route("/pay/check", _POST),
    "pay_run": Route("/pay/run", _POST),
    "pay_draft": Route("/pay/draft"),
    "pay_statement": Route("/pay/statements/<int:number>"),
    "pay_contest": Route("/pay/statements/<int:number>/question", _POST),
    "pay_acknowledge": Route("/pay/statements/<int:number>/acknowledge", _POST),
    "pay_cards": Route("/pay/cards", _BOTH),
    "pay_card": Route("/pay/cards/<int:card_id>", _POST),
    "pay_terms": Route("/pay/terms", _BOTH),
    "pay_hold": Route("/pay/hold", _POST),
    "pay_adjust": Route("/pay/adjust", _POST),
    "pay_take_back": Route("/pay/adjustments/<int:number>", _POST),
    "pay_questions": Route("/pay/questions"),
    "pay_answer": Route("/pay/questions/<int:number>", _POST),
    "my_pay": Route("/my-pay"),
}
"""The endpoints that answer with a page for people."""

ROUTES: Mapping[str, Route] = {
    **DOCUMENTS,
    "pay_payroll_csv": Route("/pay/payroll.csv"),
    "pay_lines_csv": Route("/pay/lines.csv"),
    "pay_items_csv": Route("/pay/items.csv"),
    "pay_manifest_json": Route("/pay/manifest.json"),
}


class PayPages:
    """The pages of pay of one widget."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def view(self, endpoint: str) -> View:
        """Return what answers an endpoint: a function with a name, which hosts' extensions ask for."""

        def answer(**given: Any) -> Response:
            return self._views[endpoint](**given)

        return answer

    @cached_property
    def _views(self) -> Mapping[str, View]:
        views: Mapping[str, View] = import_module("perfwidget.pay_pages.answers").views(self._context)
        return views
