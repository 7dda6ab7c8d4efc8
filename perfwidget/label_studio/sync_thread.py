"""The thread that keeps a store in step with a Label Studio, as long as the server runs."""

import logging
import threading
import time
from collections.abc import Callable, Iterable

from perfwidget.errors import PerfwidgetError, SourceRefused
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.webhooks import Installer

log = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds from one look to the next, where the list of projects is short."""

SHARE = 2
"""How many times as long as a list took there is no other one, and likewise for a compared page.

So Label Studio is left in peace."""

SOON = 1.0
"""Seconds at least until the next look after a hint that names no project."""

LONGEST_REST = 60.0
MOST_HINTS = 10_000
"""Projects that are remembered to be read first; beyond, a look reads them anyway."""

_FAILED = object()

MOST_TOLD = 1_000
"""Sentences about unreadable rows that are said; whoever has more reads the first of them first."""


class SyncThread:
    """Looks again and again in a thread of its own. Hints are followed at once, and idle time goes to comparing.

    Webhooks are installed in another thread, which holds up no reading.
    """

    def __init__(
        self, sync: Sync, stopped: threading.Event, installer: Installer | None = None, every: float = EVERY
    ) -> None:
        self._sync = sync
        self._stopped = stopped
        self._every = every
        self._wake = threading.Event()
        self._installable = threading.Event()
        self._lock = threading.Lock()
        self._hints: dict[str, None] = {}
        self._somewhere = False
        self._said = ""
        self._told: set[str] = set()
        self._threads = [threading.Thread(target=self._run, name="label-studio-sync")]
        if installer is not None:
            installing = threading.Thread(target=self._install, args=(installer,), name="label-studio-webhooks")
            self._threads.append(installing)

    def start(self) -> None:
        """Begin; the first look reads everything that is not read yet."""
        self._sync.hints = self._taken_hints
        self._sync.look_every = self._every
        for thread in self._threads:
            thread.start()

    def hint(self, projects: Iterable[str]) -> None:
        """Say that something has changed in projects, or somewhere; returns at once."""
        named = list(projects)
        with self._lock:
            self._somewhere |= not named
            for project_id in named:
                if len(self._hints) < MOST_HINTS:
                    self._hints[project_id] = None
        self._wake.set()

    def stop(self) -> None:
        """End after the page that is being read; what was read stays."""
        self._stopped.set()
        self._wake.set()
        self._installable.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            self._wake.clear()
            if self._guarded(self._sync.look, self._taken_hints()) is not _FAILED:
                failures = 0
                self._tell_faults()
                self._installable.set()
                self._idle(max(self._every, SHARE * self._sync.list_took))
            else:
                failures += 1
                rest = min(self._every * 2**failures, LONGEST_REST)
                self._stopped.wait(rest)  # whoever hints now would only ask a server that does not answer

    def _idle(self, rest: float) -> None:
        """Follow hints and compare until it is time for the next look."""
        due = time.monotonic() + rest
        while not self._stopped.is_set() and (left := due - time.monotonic()) > 0:
            if self._wake.is_set():
                self._wake.clear()
                hints = self._taken_hints()
                if hints and self._guarded(self._sync.follow, hints) is _FAILED:
                    return
                if self._somewhere:  # the next look tells where
                    self._somewhere = False
                    due = min(due, time.monotonic() + max(SOON, SHARE * self._sync.list_took))
                continue
            began = time.monotonic()
            compared = self._guarded(self._sync.compare_page)
            if compared is _FAILED:
                return
            self._wake.wait(min(left, SHARE * (time.monotonic() - began)) if compared else left)

    def _guarded(self, reading: Callable[..., object], *arguments: object) -> object:
        """Return what a reading returns, or `_FAILED`; what went wrong is in the log, once."""
        try:
            result = reading(*arguments)
        except PerfwidgetError as fault:
            self._say(str(fault), worse=isinstance(fault, SourceRefused))
            return _FAILED
        except Exception:
            if self._stopped.is_set():
                return _FAILED
            log.exception("Reading from Label Studio failed; it is tried again.")
            return _FAILED
        self._say("", worse=False)
        return result

    def _install(self, installer: Installer) -> None:
        """Install webhooks for the projects that looks have found, as often as there are others."""
        said = ""
        while True:
            self._installable.wait()
            self._installable.clear()
            if self._stopped.is_set():
                return
            try:
                # What was done in a project before its webhook stood, and after it was read, hinted at nothing.
                if installer.install(self._sync.project_ids):
                    self.hint([])
                said = ""
            except PerfwidgetError as fault:
                if str(fault) != said and not self._stopped.is_set():
                    said = str(fault)
                    log.warning("Webhooks are not installed yet: %s", fault)
                self._stopped.wait(LONGEST_REST)

    def _tell_faults(self) -> None:
        """Say what could not be read of rows, each sentence once."""
        for sentence in self._sync.faults():
            if sentence not in self._told and len(self._told) < MOST_TOLD:
                self._told.add(sentence)
                log.warning("%s", sentence)

    def _say(self, sentence: str, *, worse: bool) -> None:
        if self._stopped.is_set() or sentence == self._said:
            return
        if sentence:
            log.log(logging.ERROR if worse else logging.WARNING, "%s", sentence)
        else:
            log.warning("Reading from Label Studio goes on; the facts are up to date.")
        self._said = sentence

    def _taken_hints(self) -> list[str]:
        with self._lock:
            hints = list(self._hints)
            self._hints.clear()
        return hints
