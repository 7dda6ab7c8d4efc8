"""Running the sample platform: its command line, its facts, and its server."""

import argparse
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from perfwidget import open_store
from perfwidget.demo.app import create_app
from perfwidget.demo.payroll import fill_pay
from perfwidget.demo.people import PASSWORD, missing_accounts
from perfwidget.errors import InvalidSetting, PerfwidgetError
from perfwidget.hosting.serving import LOOPBACK, address_of, bound, port_number, serve
from perfwidget.settings import records_beside
from perfwidget.sources.import_result import ImportResult
from perfwidget.sources.inputs import read_input, size_of
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.sources.sample import sample_facts
from perfwidget.sources.sample_cast import PEOPLE
from perfwidget.sources.sample_crowd import MOST_MEMBERS
from perfwidget.stores.store import Store

ORGANIZATION_OF_FILES = "default"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the platform until it is interrupted or terminated; return the exit status."""
    parsed = _parser("server.py" if arguments is None else "perfwidget demo").parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(parsed)
    except InvalidSetting as fault:
        return _failed(fault, 2)
    except PerfwidgetError as fault:
        return _failed(fault, 1)
    except OSError as fault:
        return _failed(f"{fault.filename} cannot be used: {fault.strerror}." if fault.filename else fault, 1)
    except KeyboardInterrupt:  # while starting; later the server takes it for the end
        pass
    return 0


def _failed(sentence: object, status: int) -> int:
    _say(f"Sample platform: {sentence}")
    return status


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A small labeling platform to try the dashboard in. Every account has the password “demo”.",
    )
    parser.add_argument("--port", type=port_number, default=8050, metavar="N", help="default: %(default)s")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="default: %(default)s, this machine only")
    parser.add_argument(
        "--store",
        metavar="URL",
        help="where the facts live, such as duckdb:///facts.duckdb, and stay (default: made up, gone at the end)",
    )
    parser.add_argument(
        "--members",
        type=_members,
        default=len(PEOPLE),
        metavar="N",
        help=f"how many members made-up facts have, from {len(PEOPLE)} to {MOST_MEMBERS:,} (default: %(default)s)",
    )
    parser.add_argument(
        "--import",
        dest="files",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="Label Studio JSON exports, or folders of them, to show in place of made-up facts; - is standard input",
    )
    return parser


def _run(parsed: argparse.Namespace) -> None:
    with ExitStack() as stack:
        sockets = stack.enter_context(bound(parsed.host, parsed.port))
        url = parsed.store or f"duckdb:///{stack.enter_context(tempfile.TemporaryDirectory())}/sample.duckdb"
        store = stack.enter_context(closing(open_store(url, wait=0)))
        now = datetime.now(UTC)
        if fill(store, parsed.files, parsed.members, now) and store.path is not None:
            _say("Making up two months of pay …")
            fill_pay(store, records_beside(f"duckdb:///{store.path}"), now)
        _serve(create_app(store), parsed.host, sockets)


def _members(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else 0
    if not len(PEOPLE) <= count <= MOST_MEMBERS:
        raise argparse.ArgumentTypeError(f"it must be a number from {len(PEOPLE)} to {MOST_MEMBERS:,}")
    return count


def fill(store: Store, files: Sequence[Path], members: int = len(PEOPLE), now: datetime | None = None) -> bool:
    """Put the files' facts into a store, or those of made-up members if there are no files and it is empty.

    The demo accounts are added to whichever organization lacks them: the files', or the first that there is. Returns
    whether facts were made up. Raises UnreadableFile or OSError for a file that cannot be read.
    """
    for path in files:
        _read_file(store, path)
    with store.reading() as reader:
        organizations = reader.organizations()
    if files:
        store.write(missing_accounts(store, ORGANIZATION_OF_FILES))
    elif organizations:
        store.write(missing_accounts(store, organizations[0]))
    else:
        _say("Making up sample facts …")
        store.write(sample_facts(now or datetime.now(UTC), members=members))
        return True
    return False


def _read_file(store: Store, path: Path) -> None:
    _say(f"Reading {path} …")
    counted = ImportResult()
    with PieceReaders(PieceReaders.worth(size_of(path))) as readers:
        try:
            store.write(read_input(path, ORGANIZATION_OF_FILES, counted, readers), unknown="keep")
        except PerfwidgetError as fault:
            raise PerfwidgetError(f"{path}: {fault}") from fault
        finally:
            for sentence in counted.sentences():
                _say(f"{path}: {sentence}")
    _say(f"{path}: {counted.summary()}")


def _serve(app: Flask, host: str, sockets: list[socket.socket]) -> None:
    """Serve until interrupted or terminated."""
    if host not in LOOPBACK:
        _say(f"Everyone who reaches {host} can sign in here, for the password is known; use made-up facts only.")
    address = address_of(host, sockets)
    serve(app, sockets, f"Sample platform on {address} - sign in as owner@demo.example, password {PASSWORD}")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
