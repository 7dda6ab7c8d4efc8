"""Proposing, approving, withdrawing and marking as paid: first a page that says what will happen, then the act."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from perfwidget.errors import InvalidPay
from perfwidget.hosting.requests import application
from perfwidget.pay import Pay
from perfwidget.pay.rights import granted
from perfwidget.pay.statements import WITHDRAWN
from perfwidget.pay_pages import acts, overview, periods, words
from perfwidget.pay_pages.acts import Act, Given, Tally
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.directory import name_of, profiles_of
from perfwidget.pay_pages.list_view import ListView
from perfwidget.pay_pages.overview import Row
from perfwidget.pay_pages.rendering import address_of, growing_page, page
from perfwidget.question.access import Viewer
from perfwidget.question.period import Period


class ActViews:
    """What payers do with one or many."""

    def __init__(self, context: PayContext, listing: ListView) -> None:
        self._context, self._listing = context, listing

    def check(self) -> Response:
        """Say what is going to happen, and change nothing."""
        act = _act()
        with self._context.place():
            viewer = self._context.viewer()
            pay = self._context.pay(viewer)
            return self._confirm(act, self._chosen(pay, viewer), pay, viewer, Given())

    def run(self) -> Response:
        """Do it, one after the other, and tell of each how it fared while the others wait."""
        act, what, given = _act(), _what(), _given()
        viewer = self._context.viewer()
        pay = self._context.pay(viewer)
        with self._context.place():
            self._grant(viewer)
            lacks = given.lacks(act)
            if lacks:
                return self._confirm(act, self._named(act, what, pay, viewer), pay, viewer, given, lacks)
            named = self._named_members(act, what, pay, viewer)
            if act is Act.PAY:
                what = [each for each in what if each[1] in given.currencies]
        app, asking, tally = application(), dict(request.environ), Tally()

        def door() -> tuple[Pay, Viewer]:
            with app.request_context(asking):  # a new one, for which the host looks at the session again
                return pay, self._context.viewer()

        done = acts.outcomes(act, what, given, named, door)
        parts = ({**tally.count(each)} for each in done)
        back = address_of("pay", **{name: request.form.get(name) for name in ("from", "to")})
        return growing_page("ran", self._context.prefix(), parts, act=act, asked=len(what), back=back)

    def _confirm(
        self, act: Act, rows: Sequence[Row], pay: Pay, viewer: Viewer, given: Given, fault: str = ""
    ) -> Response:
        if not rows:
            raise InvalidPay(words.CHOOSE_SOMEBODY)
        now = self._context.records.open().clock()
        terms = pay.terms(viewer)
        zone = self._context.zone(terms)
        over = all(Period(row.first, row.last, zone).end <= now for row in rows)
        found = acts.concerned(act, overview.in_order(rows, ""), self._grant(viewer), over=over)
        return page(
            "check.html",
            self._context.prefix(),
            status=InvalidPay.status if fault else 200,
            fault=fault,
            found=found,
            act=act,
            given=given,
            what=json.dumps(found.what),
            today=periods.today(zone, now),
            first=request.form.get("from", ""),
            last=request.form.get("to", ""),
            amount=overview.amount,
        )

    def _grant(self, viewer: Viewer) -> Any:
        with self._context.store.reading() as reader:
            return granted(reader, viewer.organization_id, viewer, self._context.pay_roles)

    def _chosen(self, pay: Pay, viewer: Viewer) -> list[Row]:
        """Return the rows that the form names, or all of the list that it was sent from."""
        keys = set(request.form.getlist("row"))
        if len(keys) > acts.MOST:
            raise InvalidPay(words.TOO_MANY.format(most=acts.MOST))
        period = self._period(pay, viewer)
        if request.form.get("everybody"):
            rows = self._listing.rows(pay, viewer, period)
            return list(overview.overview(rows, request.form.get("q", ""), request.form.get("state", ""), "").rows)
        users = {key.removeprefix("draft:") for key in keys if key.startswith("draft:")}
        rows = self._listing.rows(pay, viewer, period, users) if users else []
        numbers = {int(key.partition(":")[2]) for key in keys if _is_statement(key)}
        drafts = [row for row in rows if row.number is None or row.user_id in users]
        known = {row.number for row in drafts}
        return [*drafts, *(row for row in self._statements(pay, viewer, numbers) if row.number not in known)]

    def _named(self, act: Act, what: Sequence[Sequence[Any]], pay: Pay, viewer: Viewer) -> list[Row]:
        """Return the rows that a form sent on, to be shown again."""
        if act is Act.PROPOSE:
            return self._listing.rows(pay, viewer, self._period(pay, viewer), {each[0] for each in what})
        return self._statements(pay, viewer, {each[0] for each in what})

    def _statements(self, pay: Pay, viewer: Viewer, numbers: set[int]) -> list[Row]:
        found = [each for each in pay.statements(viewer, numbers=numbers) if each.state != WITHDRAWN]
        with self._context.store.reading() as reader:
            return overview.all_rows([], found, lambda users: profiles_of(reader, viewer.organization_id, users))

    def _named_members(self, act: Act, what: Sequence[Sequence[Any]], pay: Pay, viewer: Viewer) -> Mapping[Any, str]:
        """Map what the acts are about to the names of the members."""
        if act is not Act.PROPOSE:
            return {row.number: row.name for row in self._statements(pay, viewer, {each[0] for each in what})}
        with self._context.store.reading() as reader:
            known = profiles_of(reader, viewer.organization_id, {each[0] for each in what})
        return {user_id: name_of(profile) for user_id, profile in known.items()}

    def _period(self, pay: Pay, viewer: Viewer) -> Period:
        terms = pay.terms(viewer)
        zone = self._context.zone(terms)
        asked = {name: [request.form.get(name, "")] for name in ("from", "to")}
        now = self._context.records.open().clock()
        return periods.asked_period(asked, zone, periods.DEFAULT, self._context.max_period_days, now)[0]


def _act() -> Act:
    try:
        return Act(request.form.get("act", ""))
    except ValueError:
        raise InvalidPay(words.NO_SUCH_ACT) from None


def _is_statement(key: str) -> bool:
    sort, _, number = key.partition(":")
    return sort == "statement" and number.isascii() and number.isdigit() and len(number) < 11


def _what() -> Sequence[Sequence[Any]]:
    """Return what the form names: drafts with the hash that was seen, or numbers of statements."""
    wanted = {Act.PROPOSE: (str, str, str, str), Act.PAY: (int, str)}.get(_act(), (int,))
    try:
        found = json.loads(request.form.get("what", ""))
        json.dumps(found, ensure_ascii=False).encode()  # which halves of characters are not for
        fits = isinstance(found, list) and all(
            isinstance(each, list) and [type(value) for value in each] == list(wanted) for each in found
        )
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        raise InvalidPay(words.LOAD_AGAIN)
    if not found or len(found) > acts.MOST:
        raise InvalidPay(words.CHOOSE_SOMEBODY if not found else words.TOO_MANY.format(most=acts.MOST))
    return list({str(each): each for each in found}.values())


def _given() -> Given:
    form = request.form
    return Given(
        text=form.get("text", ""),
        paid_on=form.get("paid_on", ""),
        reference=form.get("reference", ""),
        currencies=tuple(form.getlist("currency")),
        despite=form.get("despite") == "yes",
    )
