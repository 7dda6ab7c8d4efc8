"""Starting while the database is away: what needs the store waits for it, and people are told so meanwhile."""

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from perfwidget.errors import PerfwidgetError, StoreUnavailable
from perfwidget.hosting.refusals import TRIES_AGAIN, page_that_says
from perfwidget.stores import embedded_path, open_store
from perfwidget.stores.failures import AWAY
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds from one attempt to open the store to the next."""

TITLE = "Annotator Dashboard"


def store_to_wait_for(url: str) -> Store:
    """Return a store that `opened` opens, where its database may come later; an embedded file is opened now.

    Raises StoreUnavailable for a file that cannot be opened, as waiting would not mend it.
    """
    return open_store(url, wait=None if embedded_path(url) is None else 0)


def opened(store: Store) -> bool:
    """Try to open a store, and say whether it is open; why it is not is in the log."""
    try:
        _ = store.writable
    except StoreUnavailable:
        return False
    return True


def wait_for(store: Store, stopped: threading.Event) -> None:
    """Return when a store is open, or when it is not waited for any more."""
    if opened(store):
        return
    log.warning("The database is waited for, and asked again every %.0f seconds.", EVERY)
    while not stopped.wait(EVERY) and not opened(store):
        pass


class StartsLater:
    """An application that answers 503 until its store is open; then it is the one that `start` returns.

    What `start` cannot do for want of the store is done again later; any other refusal ends the program with it.
    """

    def __init__(self, store: Store, start: Callable[[], Flask], prefix: str) -> None:
        self._store, self._start = store, start
        self._app = _that_says_it_is_away(prefix)
        self._stopped = threading.Event()
        self._starting = threading.Lock()
        self._fault: PerfwidgetError | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request by whichever application there is."""
        return self._app(environ, start_response)

    def begin(self) -> None:
        """Wait for the store in a thread of its own."""
        threading.Thread(target=self._wait, name="waits-for-store", daemon=True).start()

    def end(self) -> None:
        """Wait no more; raises what `start` was refused with."""
        self._stopped.set()
        with self._starting:
            if self._fault is not None:
                raise self._fault

    def _wait(self) -> None:
        while not self._stopped.is_set():
            wait_for(self._store, self._stopped)
            with self._starting:
                if self._stopped.is_set():
                    return
                try:
                    self._app = self._start()
                except StoreUnavailable as fault:  # it went again
                    log.warning("%s", fault)
                except PerfwidgetError as fault:
                    self._fault = fault
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)  # which serves
                    return
                else:
                    return
            self._stopped.wait(EVERY)


def _that_says_it_is_away(prefix: str) -> Flask:
    app = Flask(__package__, static_folder=None)

    @app.errorhandler(404)
    def away(_: Exception) -> ResponseReturnValue:
        if "text/html" in request.accept_mimetypes.values() and request.method == "GET":
            return page_that_says(AWAY, title=TITLE, again=TRIES_AGAIN), 503
        return jsonify(error=AWAY), 503

    @app.get(f"{prefix}/health")
    def health() -> ResponseReturnValue:
        return {"ready": False, "store": "away", "records": "none", "freshness": "unknown"}, 503

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    app.add_url_rule("/healthz", "healthz", lambda: ("", 200))
    return app
