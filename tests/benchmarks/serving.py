"""The servers whose pages are opened, each a process of its own on waitress with eight threads, as ours are.

    python -m tests.benchmarks.serving KIND FOLDER ANNOTATIONS SEED

says its port on the first line and serves until standard input ends. What a kind does not need is not imported, for the
memory of these processes is told, too.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from waitress.server import create_server

if TYPE_CHECKING:
    from tests.benchmarks.site import Site

BARE, OURS, STOCK, TWELVE, STOCK_TEAM = "host", "perfwidget", "stock", "stock-over-store", "stock-team"
THREADS = 8


class Served:
    """A server that runs: its address, and what it holds in memory."""

    def __init__(self, process: subprocess.Popen[str], port: str) -> None:
        self.process = process
        self.base = f"http://127.0.0.1:{port}"

    def most_memory(self) -> int:
        """Return the most bytes of memory that the process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024


@contextmanager
def served(site: "Site", kind: str) -> Iterator[Served]:
    """Run a server of a kind over a site."""
    given = [kind, str(site.folder), str(site.world.annotations), str(site.world.seed)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.serving", *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"The server {kind} did not start.")
        yield Served(process, port)
    finally:
        process.stdin.close()
        process.wait()


def application(kind: str, folder: Path, annotations: int, seed: int) -> Flask:
    """Return the application of a kind: one page, our widget in a host, or a stock page."""
    if kind == BARE:
        app = Flask("bare")
        app.add_url_rule("/", "page", lambda: "<!doctype html><title>A page</title>")
        return app

    from tests.benchmarks.site import Site
    from tests.benchmarks.world import World

    site = Site(folder, World(annotations, seed))
    if kind in (STOCK, STOCK_TEAM):
        from dash.development.base_component import ComponentRegistry

        from tests.benchmarks.frames import load
        from tests.benchmarks.stock_page import FromFrames, stock_page
        from tests.benchmarks.stock_team import stock_team

        app = Flask("stock")
        # Dash sends whatever component packages were imported; this page's author would have imported none.
        ComponentRegistry.registry.discard("dash_bootstrap_components")
        if kind == STOCK_TEAM:
            stock_team(app, "/", load(site.frames), site.world)
        else:
            stock_page(app, "/", FromFrames(load(site.frames)), site.world)
        return app

    from perfwidget import open_store
    from tests.hosts import host

    store = open_store(site.address)
    app = host(store)
    if kind == TWELVE:
        from tests.benchmarks.stock_page import FromStore, stock_page

        stock_page(app, "/twelve/", FromStore(store), site.world)
    return app


def main() -> None:
    """Serve until standard input ends."""
    kind, folder, annotations, seed = sys.argv[1:]
    app = application(kind, Path(folder), int(annotations), int(seed))
    server = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
