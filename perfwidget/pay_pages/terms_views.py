"""Since when pay answers, and what payers add: items that are held or released, and adjustments."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, request

from perfwidget.errors import Forbidden, InvalidPay, PerfwidgetError
from perfwidget.pay import Pay
from perfwidget.pay.rights import granted
from perfwidget.pay_pages import words
from perfwidget.pay_pages.acts import Outcome, Tally
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.member_views import MemberViews
from perfwidget.pay_pages.rendering import address_of, growing_page, onward, page
from perfwidget.question.access import Viewer

MOST_ITEMS = 100


class TermsViews:
    """Confirms terms, holds items and keeps adjustments."""

    def __init__(self, context: PayContext, members: MemberViews) -> None:
        self._context, self._members = context, members

    def terms(self) -> Response:
        """Show since when pay answers, and take what the form says."""
        context, viewer = self._context, self._context.viewer()
        pay, fault = context.pay(viewer), None
        given = request.form.get("first", "")
        with context.place():
            if request.method == "POST":
                try:
                    pay.begin(given or None, viewer)
                except PerfwidgetError as refused:
                    fault = refused
                else:
                    return onward(address_of("pay"))
            with context.store.reading() as reader:
                granted(reader, viewer.organization_id, viewer, context.pay_roles).everywhere()
            terms = pay.terms(viewer)
        return page(
            "terms.html",
            context.prefix(),
            status=200 if fault is None else fault.status,
            fault=str(fault or ""),
            terms=terms,
            zone=context.timezone or (terms.timezone if terms else None),
            rules=context.rules,
            given=given or (str(terms.pay_from) if terms else ""),
        )

    def hold(self) -> Response:
        """Set items aside, or release them, one after the other."""
        context, viewer = self._context, self._context.viewer()
        pay, form, tally = context.pay(viewer), request.form, Tally()
        items, text, held = form.getlist("item"), form.get("text", ""), form.get("act") == "hold"
        if form.get("act") not in ("hold", "release"):
            raise InvalidPay(words.NO_SUCH_ACT)
        if not items or len(items) > MOST_ITEMS:
            raise InvalidPay(words.CHOOSE_ITEMS)
        back = address_of("pay_draft", **{name: form.get(name) for name in ("user", "from", "to")})

        def done() -> Iterator[Mapping[str, Any]]:
            for each in items:
                yield tally.count(_held(pay, viewer, each, text, held=held))

        word = "hold" if held else "release"
        return growing_page("ran", context.prefix(), done(), act=word, asked=len(items), back=back)

    def adjust(self) -> Response:
        """Keep an adjustment; where it is refused, show the draft again with what was typed."""
        context, viewer = self._context, self._context.viewer()
        given = {name: request.form.get(name, "").strip() for name in ("amount", "currency", "text")}
        user, seen = request.form.get("user", ""), request.form.get("seen", "")
        last = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 11 else None
        with context.place():
            try:
                pay, code = context.pay(viewer), given["currency"].upper()
                pay.adjust(user, given["amount"], code, given["text"], viewer, seen=last)
            except Forbidden:
                raise
            except PerfwidgetError as fault:
                return self._members.draft_again(given, fault)
        return onward(address_of("pay_draft", **{name: request.form.get(name) for name in ("user", "from", "to")}))

    def take_back(self, number: int) -> Response:
        """Take an adjustment back; where that is refused, show the draft again and why."""
        context, viewer = self._context, self._context.viewer()
        with context.place():
            try:
                context.pay(viewer).take_back(number, request.form.get("text", ""), viewer)
            except Forbidden:
                raise
            except PerfwidgetError as fault:
                return self._members.draft_again({}, fault)
        return onward(address_of("pay_draft", **{name: request.form.get(name) for name in ("user", "from", "to")}))


def _held(pay: Pay, viewer: Viewer, item: str, text: str, *, held: bool) -> Outcome:
    kind, _, item_id = item.partition(":")
    try:
        paid = pay.hold(kind, item_id, text, viewer, held=held)
    except PerfwidgetError as fault:
        return Outcome(f"{kind} {item_id}", str(fault), done=False)
    told = words.held(paid[-1] if paid else None) if held else words.RELEASED
    return Outcome(f"{kind} {item_id}", told, done=True)
