"""Numbers about a running widget, as Prometheus reads them; they name nobody, and speak of one process.

The text is written here: nine measures of plain counts need no library, whose version every host would have to share.
"""

import os
import platform
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from time import perf_counter

from flask import Blueprint, Request, Response, g, request

from perfwidget.errors import Forbidden
from perfwidget.facts.ingest import NOT_COMPLETE
from perfwidget.hosting.health import Health
from perfwidget.hosting.places import Places
from perfwidget.hosting.timing import TimedStore
from perfwidget.stores.store import Store

Sample = tuple[str, Mapping[str, str], float]
"""What follows the name of a measure, its labels, and its value."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds up to which a request or statement is counted, in classes."""


class Durations:
    """How many took how long, by one label."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._lock = threading.Lock()
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def note(self, seconds: float, of: str) -> None:
        """Count one."""
        with self._lock:
            counts = self._counts.setdefault(of, [0] * (len(BOUNDS) + 1))
            counts[bisect_left(BOUNDS, seconds)] += 1
            self._sums[of] = self._sums.get(of, 0.0) + seconds

    def samples(self) -> Iterator[Sample]:
        """Yield a histogram for each value of the label."""
        with self._lock:
            told = [(of, list(counts), self._sums[of]) for of, counts in sorted(self._counts.items())]
        for of, counts, seconds in told:
            so_far = 0
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
                so_far += count
                yield "_bucket", {self._label: of, "le": bound}, so_far
            yield "_sum", {self._label: of}, seconds
            yield "_count", {self._label: of}, so_far


class Monitor:
    """What is counted of one widget in this process, and the view that shows it to those who are let in."""

    def __init__(self, health: Health, places: Callable[[], Mapping[str, Places]]) -> None:
        self._health, self._places = health, places
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._taken = Durations("route")
        self._asked = Durations("store")

    def watch(self, blueprint: Blueprint, store: Store, allowed: Callable[[Request], bool]) -> Store:
        """Count what is asked of a blueprint from now on, and show it to whom `allowed` lets in.

        Call it before other hooks are added, so that their refusals count. Returns the store for the blueprint to ask.
        """

        def show() -> Response:
            if not allowed(request):
                raise Forbidden("This request may not read the metrics; see the setting metrics_allowed.")
            return Response(self.text(store.notices), content_type=CONTENT_TYPE)

        blueprint.before_request(self.begin)
        blueprint.after_request(self.end)
        blueprint.add_url_rule("/metrics", "metrics", show)
        return TimedStore(store, lambda seconds: self._asked.note(seconds, "facts"))

    def begin(self) -> None:
        """Note when a request came."""
        g.perfwidget_began = perf_counter()

    def end(self, response: Response) -> Response:
        """Count an answer and what it took, up to its first byte."""
        route = (request.endpoint or "").rpartition(".")[2]
        with self._lock:
            self._requests[route, str(response.status_code)] += 1
        if "perfwidget_began" in g:  # what the host itself answered has not begun here
            self._taken.note(perf_counter() - g.perfwidget_began, route)
        return response

    def text(self, notices: Sequence[str]) -> str:
        """Return all measures in Prometheus's text format. Each says of which process it is: sums are the reader's."""
        with self._lock:
            requests = [("", {"route": route, "status": status}, n) for (route, status), n in self._requests.items()]
        standing = [(name, places.standing()) for name, places in self._places().items()]
        use = [("", {"places": name, "state": "in use"}, each.held) for name, each in standing]
        waiting = [("", {"places": name, "state": "waiting"}, each.waiting) for name, each in standing]
        away = [("", {"places": name}, each.sent_away) for name, each in standing]
        parts = self._health.parts()
        ready = [("", {"part": name}, float(found is not None)) for name, found in parts.items()]
        as_of = parts["store"].as_of if parts["store"] else None
        age: list[Sample] = (
            [] if as_of is None or as_of <= NOT_COMPLETE else [("", {}, (datetime.now(UTC) - as_of).total_seconds())]
        )
        build = {"version": version("perfwidget"), "python": platform.python_version()}
        families: Iterable[tuple[str, str, str, Iterable[Sample]]] = (
            ("requests_total", "counter", "Answers by route and status.", requests),
            ("request_seconds", "histogram", "Seconds up to an answer's first byte.", self._taken.samples()),
            ("store_statement_seconds", "histogram", "Seconds of a question to the store.", self._asked.samples()),
            ("places", "gauge", "Who is served, and who waits.", [*use, *waiting]),
            ("sent_away_total", "counter", "Who was told to ask again, as all places were taken.", away),
            ("ready", "gauge", "1 where a part answers, else 0.", ready),
            ("facts_age_seconds", "gauge", "Age of the facts of the source that is furthest behind.", age),
            (
                "store_notices",
                "gauge",
                "Sentences about the store beside the figures.",
                [("", {}, len(notices))],
            ),
            ("build_info", "gauge", "Always 1.", [("", build, 1)]),
        )
        process = {"process": str(os.getpid())}
        return "".join(line for family in families for line in _written(*family, process))


def _written(name: str, kind: str, what: str, samples: Iterable[Sample], more: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of one measure; labels are words of ours, in which nothing is to be escaped."""
    yield f"# HELP perfwidget_{name} {what}\n# TYPE perfwidget_{name} {kind}\n"
    for behind, labels, value in samples:
        told = ",".join(f'{label}="{word}"' for label, word in {**labels, **more}.items())
        yield f"perfwidget_{name}{behind}{{{told}}} {value}\n"
