"""The thread that keeps a store in step with a Label Studio, as long as the server runs."""

import logging
import threading
import time
from collections.abc import Collection, Iterable

from perfwidget.errors import PerfwidgetError, SourceRefused
from perfwidget.label_studio.sync import Sync
from perfwidget.label_studio.webhooks import Installer

log = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds from one pass to the next, where passes are short."""

SHARE = 2
"""A pass that took long is followed by so many times its length of rest, so that Label Studio is left in peace."""

LONGEST_REST = 60.0
MOST_HINTS = 10_000
"""Projects that are remembered to be read first; beyond, a pass reads them anyway."""

MOST_TOLD = 1_000
"""Sentences about unreadable rows that are said; whoever has more reads the first of them first."""


class SyncThread:
    """Runs a sync again and again in a thread of its own; hints make it run at once."""

    def __init__(
        self, sync: Sync, stopped: threading.Event, installer: Installer | None = None, every: float = EVERY
    ) -> None:
        self._sync = sync
        self._stopped = stopped
        self._installer = installer
        self._every = every
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._hints: dict[str, None] = {}
        self._said = ""
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="label-studio-sync")

    def start(self) -> None:
        """Begin; the first pass reads everything that is not read yet."""
        self._thread.start()

    def hint(self, projects: Iterable[str]) -> None:
        """Say that something has changed in projects, or somewhere; returns at once."""
        with self._lock:
            for project_id in projects:
                if len(self._hints) < MOST_HINTS:
                    self._hints[project_id] = None
        self._wake.set()

    def stop(self) -> None:
        """End after the page that is being read; what was read stays."""
        self._stopped.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            self._wake.clear()
            began = time.monotonic()
            failed = not self._pass(self._taken_hints())
            failures = failures + 1 if failed else 0
            rest = min(max(self._every, SHARE * (time.monotonic() - began)), LONGEST_REST)
            if failed:
                rest = min(self._every * 2**failures, LONGEST_REST)
                self._stopped.wait(rest)  # whoever hints now would only ask a server that does not answer
            else:
                self._wake.wait(rest)

    def _pass(self, hints: Collection[str]) -> bool:
        """Run the sync once and say whether it came to its end; what went wrong is in the log, once."""
        try:
            self._sync.run(hints)
            self._tell_faults()
            if self._installer is not None:
                # What was done in a project before its webhook stood, and after it was read, hinted at nothing.
                self.hint(self._installer.install(self._sync.project_ids))
        except PerfwidgetError as fault:
            self._say(str(fault), worse=isinstance(fault, SourceRefused))
            return False
        except Exception:
            if self._stopped.is_set():
                return False
            log.exception("Reading from Label Studio failed; it is tried again.")
            return False
        self._say("", worse=False)
        return True

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
            log.warning("Label Studio answers again; the facts are up to date.")
        self._said = sentence

    def _taken_hints(self) -> list[str]:
        with self._lock:
            hints = list(self._hints)
            self._hints.clear()
        return hints
