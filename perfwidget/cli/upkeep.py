"""The commands by which a store is kept: forget, copy, backup, check."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from perfwidget.errors import InvalidSetting
from perfwidget.label_studio.running import only_organization
from perfwidget.stores import embedded_path, open_store
from perfwidget.stores.duckdb.backup import backup
from perfwidget.stores.writing.forgetting import RETAINED
from perfwidget.upkeep.checking import check
from perfwidget.upkeep.copying import copy

EMBEDDED = "duckdb:///{}"


def add_forget(parser: argparse.ArgumentParser) -> None:
    """Let a parser read whom or what to forget."""
    _add_store(parser)
    parser.add_argument("--organization", metavar="ID", help="needed where the store holds several")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--user", metavar="ID", help="a member, with every fact of theirs")
    what.add_argument("--project", metavar="ID", help="a project, with every fact of it")
    what.add_argument(
        "--older-than",
        type=_days,
        action="append",
        metavar="KIND=DAYS",
        help=f"facts of a kind that are older than so many days: {', '.join(RETAINED)}; may repeat",
    )
    parser.add_argument(
        "--as-token",
        action="store_true",
        help="keep the facts of --user, and put a token in place of id, e-mail and name",
    )
    parser.set_defaults(run=_forget)


def add_copy(parser: argparse.ArgumentParser) -> None:
    """Let a parser read from where to where to copy."""
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="the store that there is")
    parser.add_argument("--to", dest="target", required=True, metavar="URL", help="a new store, of any engine")
    parser.set_defaults(run=_copy)


def add_backup(parser: argparse.ArgumentParser) -> None:
    """Let a parser read what to back up, and where to."""
    _add_store(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file, which is an embedded store")
    parser.set_defaults(run=_backup)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Let a parser read which store to look over."""
    _add_store(parser)
    parser.set_defaults(run=_check)


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, metavar="URL", help="such as duckdb:///facts.duckdb")


def _days(text: str) -> tuple[str, int]:
    kind, _, days = text.partition("=")
    if kind not in RETAINED or not days.isdecimal() or not int(days):
        raise argparse.ArgumentTypeError(f"it is written KIND=DAYS, where KIND is one of {', '.join(RETAINED)}")
    return kind, int(days)


def _forget(parsed: argparse.Namespace) -> int:
    if parsed.as_token and parsed.user is None:
        raise InvalidSetting("--as-token goes with --user.")
    with closing(open_store(parsed.store, create=False, wait=0)) as store:
        organization = parsed.organization or only_organization(store)
        if organization is None:
            raise InvalidSetting("The store is empty, so there is nothing to forget.")
        if parsed.user is not None:
            token = store.forget(organization, parsed.user, as_="token" if parsed.as_token else None)
            print(f"member forgotten{f'; their facts stand under {token}' if token else ''}")
        elif parsed.project is not None:
            store.forget_project(organization, parsed.project)
            print("project forgotten")
        else:
            store.retain(organization, dict(parsed.older_than))
            print("older facts forgotten")
    return 0


def _copy(parsed: argparse.Namespace) -> int:
    with (
        closing(open_store(parsed.source, create=False, wait=0)) as source,
        closing(open_store(parsed.target, wait=0)) as target,
    ):
        copy(source, target, _progress)
    print("copied, and compared: both stores hold the same")
    return 0


def _progress(table: str, rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{table}: {rows:,} rows\033[K", end="", file=sys.stderr, flush=True)


def _backup(parsed: argparse.Namespace) -> int:
    path = embedded_path(parsed.store)
    if path is not None:
        backup(path, parsed.file)
    else:
        if parsed.file.exists():
            raise InvalidSetting(f"{parsed.file} is there already; name a new file.")
        with (
            closing(open_store(parsed.store, create=False, wait=0)) as source,
            closing(open_store(EMBEDDED.format(parsed.file), wait=0)) as target,
        ):
            copy(source, target, _progress)
    print(f"backed up to {parsed.file}")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    """Print what was found; a store that is damaged exits 1, whatever its facts are like."""
    damaged = False
    with closing(open_store(parsed.store, create=False, wait=0)) as store:
        for finding in check(store):
            damaged = damaged or finding.is_damage
            print(f"{finding.heading}: {finding.number:,} {finding.what}")
    print("damaged: put back a backup, or read the facts again from their source" if damaged else "not damaged")
    return 1 if damaged else 0
