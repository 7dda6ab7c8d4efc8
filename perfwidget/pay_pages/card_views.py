"""Rate cards: their list, and forms that add, end and void one; what was typed stays where it is refused."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from perfwidget.errors import InvalidPay, PerfwidgetError
from perfwidget.pay import Clock, Pay, Unit
from perfwidget.pay.cards import Place, Whom
from perfwidget.pay.currencies import DIGITS
from perfwidget.pay.rights import granted
from perfwidget.pay_pages import periods, words
from perfwidget.pay_pages.card_rows import card_rows
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.directory import everything
from perfwidget.pay_pages.rendering import address_of, onward, page
from perfwidget.question import access
from perfwidget.question.access import Role, Viewer
from perfwidget.question.query import Query

FIELDS = ("unit", "amount", "currency", "whom", "member", "where", "valid_from", "valid_until", "clock", "cap_minutes")
"""The fields of the form that adds a card."""


class CardViews:
    """Shows and changes rate cards."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def cards(self) -> Response:
        """Show the list and the form; take what the form sends."""
        context, viewer = self._context, self._context.viewer()
        pay = context.pay(viewer)
        if request.method == "GET":
            with context.place():
                return self._page(pay, viewer, {})
        given = {name: request.form.get(name, "").strip() for name in FIELDS}
        with context.place():
            try:
                made = pay.write_card(viewer, **self._card(given, viewer))
            except PerfwidgetError as fault:
                return self._page(pay, viewer, given, fault)
        return onward(f"{address_of('pay_cards')}#card-{made.card_id}")

    def card(self, card_id: int) -> Response:
        """Let a card end, or take it back."""
        context, viewer = self._context, self._context.viewer()
        pay, seen = context.pay(viewer), request.form.get("seen")
        with context.place():
            try:
                if request.form.get("act") == "end":
                    pay.end_card(card_id, request.form.get("last", ""), viewer, seen=seen)
                elif request.form.get("act") == "void":
                    pay.void_card(card_id, viewer, seen=seen)
                else:
                    raise InvalidPay(words.NO_SUCH_ACT)
            except PerfwidgetError as fault:
                return self._page(pay, viewer, {}, fault)
        return onward(f"{address_of('pay_cards')}#card-{card_id}")

    def _card(self, given: Mapping[str, str], viewer: Viewer) -> dict[str, Any]:
        """Return a card as `Pay.write_card` takes it, of what somebody typed."""
        whom, _, role = given["whom"].partition(":")
        place, _, place_id = given["where"].partition(":")
        if given["member"] and whom != Whom.MEMBER:
            raise InvalidPay(words.NOT_FOR_A_MEMBER)
        whom_id = self._member(given["member"], viewer) if whom == Whom.MEMBER else role or None
        card: dict[str, Any] = {
            "unit": given["unit"],
            "amount": given["amount"],
            "currency": given["currency"].upper(),
            "whom": whom,
            "whom_id": whom_id,
            "place": place,
            "place_id": place_id or None,
            "valid_from": given["valid_from"],
            "valid_until": given["valid_until"] or None,
        }
        is_time = given["unit"] in set(Unit) and Unit(given["unit"]).is_time
        if given["cap_minutes"] and not (is_time and given["clock"] == Clock.CAPPED):
            raise InvalidPay(words.NO_CAP)
        if is_time or given["clock"] not in ("", Clock.LEAD):  # with which the form begins
            card["clock"] = given["clock"] or Clock.LEAD
            card["cap_s"] = _seconds(given["cap_minutes"]) if given["clock"] == Clock.CAPPED else None
        return card

    def _member(self, named: str, viewer: Viewer) -> str:
        """Return the id of the member with an id or e-mail; raises InvalidPay."""
        with self._context.store.reading() as reader:
            found = reader.members_named(everything(reader, viewer.organization_id), [named]) if named else []
        ids = {each.user_id for each in found}
        if named in ids:
            return named
        if len(ids) != 1:
            raise InvalidPay(words.WHICH_MEMBER if not ids else words.SEVERAL_MEMBERS.format(number=len(ids)))
        return ids.pop()

    def _page(
        self, pay: Pay, viewer: Viewer, given: Mapping[str, str], fault: PerfwidgetError | None = None
    ) -> Response:
        context = self._context
        with context.store.reading() as reader:
            granted(reader, viewer.organization_id, viewer, context.pay_roles)
            scope = access.scope(viewer, Query(), reader.standing(viewer, Query())).scope
            found = pay.cards(viewer)
            cards = card_rows(found, reader, viewer.organization_id)
            projects = [(each.project_id, each.title) for each in reader.projects(scope)]
            workspaces = [(each.workspace_id, each.title) for each in reader.workspaces(scope)]
        terms = pay.terms(viewer)
        zone = context.zone(terms)
        return page(
            "cards.html",
            context.prefix(),
            status=200 if fault is None else fault.status,
            fault=str(fault or ""),
            cards=cards,
            changes={
                card.card_id
                for card in found
                if scope.projects is None or (card.place is Place.PROJECT and card.place_id in scope.projects)
            },
            given={**dict.fromkeys(FIELDS, ""), **given},
            projects=projects,
            workspaces=workspaces if scope.projects is None else [],
            everywhere=scope.projects is None,
            roles=list(Role),
            currencies=sorted(DIGITS),
            today=periods.today(zone, context.records.open().clock()),
            terms=terms,
        )


def _seconds(minutes: str) -> int:
    """Return the whole seconds of minutes such as `20` or `0.5`; raises InvalidPay."""
    whole, _, part = minutes.partition(".")
    if not (whole + part).isascii() or not whole.isdigit() or (part and not part.isdigit()) or len(minutes) > 12:
        raise InvalidPay(words.CAP_IN_MINUTES)
    sixtieths = int(whole + part) * 60
    scale: int = 10 ** len(part)
    seconds, rest = divmod(sixtieths, scale)
    if rest:
        raise InvalidPay(words.CAP_IN_MINUTES)
    return seconds
