"""Downloads: checked before their first byte and while they run, bounded in number, told to whoever listens.

`downloaded` is a blinker signal, sent by the host's application when a download ends: `kind` ("report", "timeline",
"comments", "rows"), `viewer` (a Viewer), `subject` (the member's id), `period` (a Period), `rows` (how many were handed
over) and `complete` (False where it was broken off). A line with the same goes to the log of this module.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from socket import SHUT_RDWR, socket
from time import monotonic
from zoneinfo import ZoneInfo

from blinker import Signal
from flask import Flask, Response, request

from perfwidget.errors import Busy, Forbidden, InvalidQuery, PerfwidgetError
from perfwidget.hosting.logs import FIELDS
from perfwidget.hosting.places import Places
from perfwidget.hosting.requests import application, connection_of
from perfwidget.hosting.whole_files import whole_where_needed
from perfwidget.metrics import Rows, Rules
from perfwidget.question import access
from perfwidget.question.access import ScopedQuery, Viewer
from perfwidget.question.period import Grain, Period
from perfwidget.question.pseudonyms import named_to
from perfwidget.question.query import Query
from perfwidget.report import exports, read_report, resolved_period
from perfwidget.report.number_files import Texts, members_csv, read_days, report_csv
from perfwidget.stores.listing import Slice
from perfwidget.stores.reading import Reader
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

downloaded = Signal("A download of perfwidget has ended.")

AT_ONCE = 4
"""Streams that run at the same time, half of them for one viewer; a further one is asked to come back later."""
PATIENCE = 30.0
"""Seconds that a reader may take between two batches before it is cut off."""
SLOWEST = 64_000
"""Bytes a second, over `PATIENCE`, that a reader has to take while others want its place."""


class BrokenOff(PerfwidgetError):
    """A stream that must not go on: the connection breaks, so that nobody takes a part for the whole."""


class _Patience:
    """Lets go of a stream's cursor and slot if its reader does not come back in time, and of the server's thread."""

    def __init__(self, stack: ExitStack, connection: socket | None) -> None:
        self._stack, self._connection = stack, connection
        self._lock = threading.Lock()
        self._over = False
        self._timer = threading.Timer(PATIENCE, self._let_go)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: object, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            late, self._over = self._over, True
        if late and kind is None:
            raise BrokenOff(f"The reader stopped for more than {PATIENCE:.0f} seconds.")

    def _let_go(self) -> None:
        with self._lock:  # the stream stands still, or waits here until it is closed
            if not self._over:
                self._over = True
                self._stack.close()
                if self._connection is not None:
                    with suppress(OSError):  # it is closed already
                        self._connection.shutdown(SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Asked:
    """One download: what kind, by whom, about what."""

    kind: str
    viewer: Viewer
    subject: str
    period: Period

    def told(self, app: Flask, rows: int, *, complete: bool) -> None:
        """Tell the log and whoever listens."""
        first, last = self.period.written
        fields = {
            "kind": self.kind,
            "organization": self.viewer.organization_id,
            "viewer": self.viewer.user_id,
            "subject": self.subject,
            "from": first,
            "to": last,
            "tz": self.period.timezone,
            "rows": rows,
            "complete": complete,
        }
        log.info(
            "download kind=%s organization=%r viewer=%r subject=%r from=%s to=%s tz=%s rows=%d complete=%s",
            *[*fields.values()][:-1],
            "yes" if complete else "no",
            extra={FIELDS: fields},
        )
        downloaded.send(
            app,
            kind=self.kind,
            viewer=self.viewer,
            subject=self.subject,
            period=self.period,
            rows=rows,
            complete=complete,
        )


@dataclass(frozen=True)
class Downloads:
    """The downloads of one widget.

    `viewer` says who asks in the current request, `offered` whether a viewer may have a kind of download.
    """

    store: Store
    viewer: Callable[[], Viewer]
    rules: Rules
    offered: Callable[[str, Viewer], bool]
    place: Callable[[], AbstractContextManager[None]]
    """Holds one of the few places in which questions are answered; raises Busy."""
    pseudonym_key: Callable[[], bytes]
    """What pseudonyms are made with in the current request."""
    streams: Places = field(default_factory=lambda: Places(AT_ONCE, 0))

    def report(self, query: Query) -> Response:
        """Send a report as JSON; it is whole before its first byte leaves."""
        viewer = self._permitted("report")
        with self.place(), self.store.reading() as reader:
            asked = access.scope(viewer, query, reader.standing(viewer, query), self.rules)
            answer = read_report(reader, asked, query, Grain.DAY)
        response = _file(
            answer.to_json() + "\n", exports.file_name("report", asked.subject_name, answer.period, "json")
        )
        download = Asked("report", viewer, asked.subject_name, answer.period)
        download.told(application(), len(answer.series), complete=True)
        return response

    def days(self, query: Query) -> Response:
        """Send a row for each member and day as CSV."""
        excel = _for_excel()
        return self._stream(
            "report",
            query,
            lambda reader, asked: report_csv(read_days(reader, asked, query), asked, for_excel=excel),
        )

    def members(self, query: Query) -> Response:
        """Send a row for each member as CSV; where the question names a page of the table, those on it."""
        excel = _for_excel()
        return self._stream(
            "report",
            query,
            lambda reader, asked: members_csv(
                read_report(reader, asked, query, Grain.MONTH), asked, query.table, for_excel=excel
            ),
            name="members",
        )

    def rows(
        self, kind: str, query: Query, rows: Rows, during: Callable[[Period], Period] = lambda period: period
    ) -> Response:
        """Send rows as CSV; `during` may narrow the period."""
        excel = _for_excel()

        def written(reader: Reader, asked: ScopedQuery) -> Texts:
            return exports.rows_csv(
                rows,
                reader.stream(asked, rows, Slice(asked.start, asked.end)),
                ZoneInfo(asked.dated.timezone),
                several=asked.subject_id is None,
                named=named_to(asked.scope, self.pseudonym_key()),
                with_emails=asked.scope.role.chooses_members or rows.scan.member == "user_id",
                for_excel=excel,
            )

        return self._stream(kind, query, written, during)

    def _stream(
        self,
        kind: str,
        query: Query,
        written: Callable[[Reader, ScopedQuery], Texts],
        during: Callable[[Period], Period] = lambda period: period,
        name: str = "",
    ) -> Response:
        """Send a file part by part, some thousand rows at once, from one consistent state of the store.

        Who asks is checked before the first byte and again with every part. Raises PerfwidgetError while nothing is
        sent yet; later the connection breaks.
        """
        viewer = self._permitted(kind)
        stack = ExitStack()
        try:
            try:
                stack.enter_context(self.streams.held(_who(viewer)))
            except Busy:
                raise Busy("Too many downloads are running; try again in a minute.", retry_after=60) from None
            reader = stack.enter_context(self.store.reading())
            asked = access.scope(viewer, query, reader.standing(viewer, query), self.rules)
            whole = resolved_period(reader, asked, query)
            period = during(whole)
            asked = asked.during(whole).part(period)
            download = Asked(kind, viewer, asked.subject_name, period)
            texts = self._texts(written(reader, asked), asked, query, download, stack)
            first = "".join(islice(texts, 2))  # the header and some rows: a store that fails does so in time
        except BaseException:
            stack.close()
            raise
        response = _file(_chain(first, texts), exports.file_name(name or kind, asked.subject_name, period, "csv"))
        response.call_on_close(stack.close)
        return whole_where_needed(response)

    def _texts(
        self, parts: Texts, asked: ScopedQuery, query: Query, download: Asked, stack: ExitStack
    ) -> Iterator[str]:
        app, asking, sent, complete = application(), dict(request.environ), 0, False

        def ended() -> None:
            download.told(app, sent, complete=complete)

        stack.callback(ended)
        began, taken = monotonic(), 0
        for text, count in parts:
            if sent:
                with app.request_context(asking):  # a new one, for which the host looks at the session again
                    self._check_again(download, query, asked)
            with _Patience(stack, connection_of(asking)):
                yield text
            sent, taken = sent + count, taken + len(text)
            if (passed := monotonic() - began) >= PATIENCE:
                if taken < SLOWEST * passed and self.streams.wanted_by_others(_who(download.viewer)):
                    raise BrokenOff(f"The reader took less than {SLOWEST} bytes a second, and others wait.")
                began, taken = monotonic(), 0
        complete = True
        stack.close()  # whenever the server closes the answer

    def _check_again(self, download: Asked, query: Query, sending: ScopedQuery) -> None:
        """Break off if the viewer may no longer have all of what is being sent."""
        viewer = self._permitted(download.kind)
        with self.store.reading() as reader:
            now = access.scope(viewer, query, reader.standing(viewer, query), self.rules)
        if not now.covers(sending):
            raise Forbidden

    def _permitted(self, kind: str) -> Viewer:
        viewer = self.viewer()
        if not self.offered(kind, viewer):
            raise Forbidden("Your role may not download this here; ask your administrator.")
        return viewer


def _for_excel() -> bool:
    """Say whether the current request asks for a file that a spreadsheet opens rightly; raises InvalidQuery."""
    wanted = request.args.get("csv", "")
    if wanted not in ("", "excel"):
        raise InvalidQuery("csv must be excel, or left out.")
    return wanted == "excel"


def _who(viewer: Viewer) -> Hashable:
    return viewer.organization_id, viewer.user_id


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _file(body: str | Iterator[str], name: str) -> Response:
    response = Response(body, mimetype="application/json" if name.endswith("json") else "text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
