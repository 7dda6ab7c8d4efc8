"""What a member and whoever manages their pay look at: a draft, a statement, and the page My pay."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from perfwidget.errors import Forbidden, InvalidPay, PerfwidgetError, UnconfirmedPay
from perfwidget.pay import Pay, Statement, adjusting
from perfwidget.pay import statements as kept
from perfwidget.pay.currencies import DIGITS
from perfwidget.pay_pages import documents, formats, overview, periods, words
from perfwidget.pay_pages.card_rows import card_rows
from perfwidget.pay_pages.context import PayContext
from perfwidget.pay_pages.directory import RowLinks, name_of, profiles_of, titles_of
from perfwidget.pay_pages.documents import Document
from perfwidget.pay_pages.items import ShownItem, shown_item
from perfwidget.pay_pages.question_views import question_rows
from perfwidget.pay_pages.rendering import address_of, numbered_page, onward, page
from perfwidget.question.access import Viewer
from perfwidget.question.period import Period, Preset
from perfwidget.records import audit

ITEMS = 50
"""Items on a page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A draft or a statement, and whose it is."""

    said: Document
    user_id: str | None
    person: str
    sha256: str
    statement: Statement | None = None


class MemberViews:
    """Reads and shows what one member is owed."""

    def __init__(self, context: PayContext) -> None:
        self._context = context

    def draft(self) -> Response:
        """Show what a member's statement of a period would be just now."""
        with self._context.place():
            return self._draft(request.args.get("user", ""), request.args.to_dict(flat=False))

    def draft_again(self, given: Mapping[str, str], fault: PerfwidgetError) -> Response:
        """Show the draft that a form was sent from, with what was typed and why it was refused."""
        return self._draft(request.form.get("user", ""), request.form.to_dict(flat=False), given, fault)

    def statement(self, number: int) -> Response:
        """Show a statement."""
        with self._context.place():
            return self._statement(number)

    def contest(self, number: int) -> Response:
        """Take a member's question; where it is refused, show the statement with what was typed."""
        context, viewer = self._context, self._context.viewer()
        given = {"about": request.form.get("about", ""), "text": request.form.get("text", "")}
        with context.place():
            try:
                context.pay(viewer).contest(number, given["text"], viewer, **_about(given["about"]))
            except Forbidden:
                raise
            except PerfwidgetError as fault:
                return self._statement(number, given, fault)
        return onward(f"{address_of('pay_statement', number=number)}#questions")

    def _draft(
        self,
        user: str,
        asked: Mapping[str, list[str]],
        given: Mapping[str, str] | None = None,
        fault: PerfwidgetError | None = None,
    ) -> Response:
        viewer = self._context.viewer()
        pay, member = self._context.pay(viewer), user or viewer.user_id
        period, _ = self._period(pay, viewer, asked)
        found = pay.draft(member, period.first, period.last, viewer)
        shown = Shown(json.loads(found.body), found.user_id, found.person, found.sha256)
        here = {"user": member, "from": period.first, "to": period.last}
        return self._page(pay, viewer, shown, here, given, fault)

    def _statement(
        self, number: int, given: Mapping[str, str] | None = None, fault: PerfwidgetError | None = None
    ) -> Response:
        viewer = self._context.viewer()
        pay = self._context.pay(viewer)
        found = self.statement_of(pay, viewer, number)
        shown = Shown(found.document, found.user_id, found.person, found.sha256, found)
        return self._page(pay, viewer, shown, {"number": number}, given, fault)

    def my_pay(self) -> Response:
        """Show members their draft of the running period, their statements and their rate cards."""
        context, viewer = self._context, self._context.viewer()
        pay = context.pay(viewer)
        fault, begins, draft = "", False, None
        with context.place():
            period, preset = self._period(pay, viewer, request.args.to_dict(flat=False))
            try:
                draft = pay.draft(viewer.user_id, period.first, period.last, viewer)
            except InvalidPay as refused:
                fault = context.told(refused)
                begins = isinstance(refused, UnconfirmedPay) and context.manages(viewer)
            mine = pay.statements(viewer, user_id=viewer.user_id)
            with context.store.reading() as reader:
                profile = profiles_of(reader, viewer.organization_id, [viewer.user_id])[viewer.user_id]
                cards = card_rows(pay.cards(viewer, own=True), reader, viewer.organization_id)
                asked = [each for each in pay.contests(viewer) if each.user_id == viewer.user_id]
                now = context.records.open().clock()
                questions = question_rows(asked, reader, viewer, period.timezone, now)
        return page(
            "my_pay.html",
            context.prefix(),
            title=words.MY_PAY,
            fault=fault,
            begins=begins,
            name=name_of(profile),
            period=period,
            preset=preset,
            presets=periods.CHOICES,
            draft=draft,
            summary=None if draft is None else documents.summary_of_draft(draft),
            statements=[overview.of_statement(each) for each in reversed(mine)],
            cards=cards,
            questions=questions,
            manages=context.manages(viewer),
            amount=overview.amount,
        )

    def statement_of(self, pay: Pay, viewer: Viewer, number: int) -> Statement:
        """Return a statement that the viewer may see; raises Forbidden, whether or not there is another one."""
        for found in pay.statements(viewer, numbers=[number]):
            return found
        raise Forbidden(words.NOT_YOURS)

    def _period(self, pay: Pay, viewer: Viewer, asked: Mapping[str, list[str]]) -> tuple[Period, Preset | None]:
        terms, now = pay.terms(viewer), self._context.records.open().clock()
        zone = self._context.zone(terms)
        return periods.asked_period(asked, zone, Preset.THIS_MONTH, self._context.max_period_days, now)

    def _page(
        self,
        pay: Pay,
        viewer: Viewer,
        shown: Shown,
        here: Mapping[str, Any],
        given: Mapping[str, str] | None,
        fault: PerfwidgetError | None,
    ) -> Response:
        context, said = self._context, shown.said
        period = documents.period_of(said)
        texts = {made["text"] for made in said["adjustments"]}
        texts |= {item["text"] for each in said["left_out"] for item in each["items"] if item.get("text")}
        with context.store.reading() as reader:
            titles = titles_of(reader, viewer.organization_id, said)
            users = [shown.user_id] if shown.user_id is not None else []
            profile = profiles_of(reader, viewer.organization_id, users).get(shown.user_id or "")
            links = RowLinks.of(reader, viewer, shown.user_id, context.prefix(), period.timezone)
            questions = question_rows(
                [each for each in pay.contests(viewer) if shown.statement and each.statement == shown.statement.number],
                reader,
                viewer,
                period.timezone,
                context.records.open().clock(),
            )
        with context.records.open().reading(viewer.organization_id) as transaction:
            head, adjusted = audit.head(transaction), adjusting.newest(transaction, shown.person)
            why = kept.why_withdrawn(transaction, shown.statement) if shown.statement else None
        known = context.texts(viewer, shown.person, texts | {why or ""})
        statement = shown.statement
        own = shown.user_id == viewer.user_id
        return page(
            "statement.html",
            context.prefix(),
            status=200 if fault is None else fault.status,
            fault=str(fault or ""),
            given={"about": request.args.get("ask", ""), "text": "", "amount": "", "currency": "", **(given or {})},
            questions=questions,
            currencies=sorted(DIGITS),
            title=f"Statement {statement.number}" if statement else "Draft",
            name=name_of(profile, shown.person),
            own=own,
            manages=context.manages(viewer),
            user_id=shown.user_id,
            statement=statement,
            row=overview.of_statement(statement) if statement else None,
            period=period,
            lines=documents.shown_lines(said, titles),
            adjustments=[
                (
                    each["number"],
                    formats.amount(each["amount"], each["currency"]),
                    known.get(each["text"], words.FORGOTTEN),
                )
                for each in said["adjustments"]
            ],
            totals=[(code, formats.amount(amount, code)) for code, amount in said["totals"].items()],
            payments=[]
            if statement is None
            else [(code, each.paid_on, each.reference) for code, each in statement.totals.items() if each.paid_on],
            left_out=documents.shown_left_out(said, known),
            changes=documents.shown_changes(said),
            count=documents.summary_of(said).kinds,
            sha256=shown.sha256,
            head=head if context.manages(viewer) else head.untold,
            adjusted=adjusted,
            withdrawn="" if why is None else known.get(why, words.FORGOTTEN),
            opened=_opened(said, links),
            here=lambda **more: address_of("pay_statement" if statement else "pay_draft", **{**here, **more}),
        )


def _about(named: str) -> dict[str, Any]:
    """Return what a question is about, of what the form sends: `line:2`, or `annotation:17`."""
    sort, _, which = named.partition(":")
    if sort == "line":
        return {"line": int(which) if which.isascii() and which.isdigit() and len(which) < 10 else 0}
    return {"kind": sort, "item_id": which} if which else {}


@dataclass(frozen=True, slots=True)
class Opened:
    """The items that are opened, one page of them."""

    name: str
    title: str
    rows: Sequence[ShownItem]
    place: int
    pages: int
    grown: bool
    """Whether some of the items were paid before."""


def _opened(said: Document, links: RowLinks) -> Opened | None:
    """Return the items that the address opens, on the page that it names; None where it opens none."""
    name = request.args.get("open", "")
    group = documents.opened(said, name)
    if group is None:
        return None
    place, pages = numbered_page(len(group.items), ITEMS)
    shown = group.items[(place - 1) * ITEMS : place * ITEMS]
    grown = any("paid_before_us" in item for item in group.items)
    return Opened(name, group.counted, [shown_item(item, group, links) for item in shown], place, pages, grown)
