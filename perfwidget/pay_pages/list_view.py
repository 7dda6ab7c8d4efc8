"""The page Pay: everybody's pay of a period, for those who manage it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from flask import Response, request

from perfwidget.errors import InvalidPay, UnconfirmedPay
from perfwidget.pay import Pay
from perfwidget.pay_pages import overview, periods, words
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.directory import profiles_of
from perfwidget.pay_pages.overview import PAGE, Overview, Row
from perfwidget.pay_pages.rendering import address_of, numbered_page, page
from perfwidget.question.access import Viewer
from perfwidget.question.period import Period
from perfwidget.question.table import LONGEST_SEARCH

SORTS = ("member", "time", "items", "left", "state", "questions")


class ListView:
    """Reads and shows the list."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def pay(self) -> Response:
        """Show the list; before pay began, where it can begin."""
        context, viewer = self._context, self._context.viewer()
        pay = context.pay(viewer)
        with context.place():
            terms = pay.terms(viewer)
            zone = context.zone(terms)
            now = context.records.open().clock()
            period, preset = periods.asked_period(
                request.args.to_dict(flat=False), zone, periods.DEFAULT, context.max_period_days, now
            )
            search, state, sort = self._narrowed()
            fault, found = "", Overview((), 0, ())
            try:
                rows, earlier = self._read(pay, viewer, period, documents=False)
                found = replace(overview.overview(rows, search, state, sort), earlier=earlier)
            except UnconfirmedPay:
                raise
            except InvalidPay as refused:
                fault = str(refused)
        before, after = periods.neighbours(period)
        place, pages = numbered_page(len(found.rows), PAGE)
        return page(
            "pay.html",
            context.prefix(),
            status=InvalidPay.status if fault else 200,
            title=words.PAY,
            fault=fault,
            terms=terms,
            period=period,
            preset=preset,
            presets=periods.CHOICES,
            before=before,
            after=after,
            found=found,
            everywhere=viewer.known_role().sees_organization,
            rows=found.rows[(place - 1) * PAGE : place * PAGE],
            place=place,
            pages=pages,
            search=search,
            state=state,
            sort=sort,
            here=lambda **more: _here(period, {"q": search, "state": state, "sort": sort, **more}),
            amount=overview.amount,
        )

    def rows(self, pay: Pay, viewer: Viewer, period: Period, among: Collection[str] | None = None) -> list[Row]:
        """Return the rows of a period, of all members or of some."""
        return self._read(pay, viewer, period, among)[0]

    def _read(
        self,
        pay: Pay,
        viewer: Viewer,
        period: Period,
        among: Collection[str] | None = None,
        *,
        documents: bool = True,
    ) -> tuple[list[Row], int]:
        """Return the rows of a period, and how many items were done before it and are in no statement."""
        drafts = list(pay.drafts(period.first, period.last, viewer, among, documents=documents))
        statements = overview.standing(pay, viewer, period)
        if among is not None:
            statements = [each for each in statements if each.user_id in among]
        with self._context.store.reading() as reader:
            rows = overview.all_rows(
                drafts, statements, lambda users: profiles_of(reader, viewer.organization_id, users)
            )
        return rows, overview.done_before(drafts, period.first)

    @staticmethod
    def _narrowed() -> tuple[str, str, str]:
        search = request.args.get("q", "")[:LONGEST_SEARCH]
        state = request.args.get("state", "")
        sort = request.args.get("sort", "")
        known = sort.removeprefix("-") in SORTS or sort.removeprefix("-").startswith("amount:")
        return search, state if state in words.STATES else "", sort if known else ""


def _here(period: Any, more: dict[str, Any]) -> str:
    first, last = period.written
    return address_of("pay", **{"from": first, "to": last}, **more)
