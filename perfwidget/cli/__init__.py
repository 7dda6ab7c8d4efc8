"""The command line: read exports into a store and keep it, print reports, run beside Label Studio or the sample.

Results go to standard output; progress, warnings and errors to standard error. Exit status: 0 done, 1 nothing usable or
a failure while working, 2 wrong arguments.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from perfwidget import demo, reporting
from perfwidget.cli import upkeep
from perfwidget.errors import InvalidFact, InvalidQuery, InvalidSetting, PerfwidgetError
from perfwidget.facts.columns import id_text
from perfwidget.importing import Import
from perfwidget.label_studio import options, running, views
from perfwidget.pay import command_line as paying
from perfwidget.records import command_line as auditing
from perfwidget.sources.inputs import STANDARD_INPUT, size_of
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.stores import Store, open_store


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["demo"]:
        return demo.main(given[1:])
    parsed = _parser().parse_args(given)
    try:
        return int(parsed.run(parsed))
    except (InvalidQuery, InvalidSetting) as fault:
        print(f"perfwidget: {fault}", file=sys.stderr)
        return 2
    except PerfwidgetError as fault:
        print(f"perfwidget: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("perfwidget: stopped; what was being written is not kept.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="perfwidget", description="Member performance dashboard for labeling platforms."
    )
    parser.add_argument("--version", action="version", version=f"perfwidget {version('perfwidget')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    commands.add_parser("demo", help="run the sample labeling platform")

    reading = commands.add_parser("import", help="read Label Studio JSON exports into a store")
    _add_store(reading)
    reading.add_argument(
        "--organization",
        metavar="ID",
        default=running.DEFAULT_ORGANIZATION,
        help="the organization that the facts belong to; ids are unique only within one Label Studio server "
        "(default: %(default)s)",
    )
    reading.add_argument("--project", type=_id, metavar="ID", help="the project of tasks that name none")
    reading.add_argument(
        "--complete",
        action="store_true",
        help="the files are all that there is of their projects: remove what they do not have, in one transaction",
    )
    reading.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a JSON export of Label Studio, also zipped, gzipped or as JSON Lines; a folder of files as its target "
        f"storage writes them; or {STANDARD_INPUT} for standard input",
    )
    reading.set_defaults(run=_import)

    serving = commands.add_parser(
        "serve",
        help="run the dashboard beside Label Studio, with its session",
        description="Runs the dashboard beside a Label Studio: people signed in there see it under a path of the "
        "same host name, and its facts follow their work. Needed are --label-studio, --store and a token. Each option "
        "can stand in the environment instead, under the name in brackets.",
    )
    options.add_source(serving, os.environ)
    options.add_server(serving, os.environ)
    serving.set_defaults(run=running.run_server)

    syncing = commands.add_parser(
        "sync",
        help="read what is new in Label Studio into a store",
        description="Reads what is new in a Label Studio into a store, once or until it is ended. Needed are "
        "--label-studio, --store and a token. Options with a name in brackets can stand in the environment instead.",
    )
    options.add_source(syncing, os.environ)
    options.add_once(syncing)
    syncing.set_defaults(run=running.run_sync)

    for name, add, what in (
        ("forget", upkeep.add_forget, "remove a member, a project or old facts for good"),
        ("copy", upkeep.add_copy, "copy a store into a new one, of any engine; resumed when it is given again"),
        ("backup", upkeep.add_backup, "copy a store into a file while it is used"),
        ("check", upkeep.add_check, "look a store over: damage, orphans, doubtful facts, what a payer should know"),
    ):
        add(commands.add_parser(name, help=what))
    of_label_studio = commands.add_parser("label-studio", help="prepare a Label Studio for the dashboard beside it")
    chosen = of_label_studio.add_subparsers(required=True, metavar="COMMAND")
    views.add_command(
        chosen.add_parser(
            "views",
            help="print the views that make its own PostgreSQL database a store, or install them",
            description="Prints the script that makes views of Label Studio's own tables, and a role that reads them "
            "and nothing else; or runs it. The database is then a store: postgresql://performance@HOST/DATABASE"
            "?views=performance.",
        )
    )

    reporting.add_command(commands.add_parser("report", help="print the report of members as an owner would see it"))
    paying.add_command(commands.add_parser("pay", help="work out, approve and export what members are owed"))
    auditing.add_command(commands.add_parser("audit", help="see that the log of the widget's own records is whole"))
    return parser


def _id(text: str) -> str:
    try:
        return id_text(text)
    except InvalidFact as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, metavar="URL", help="such as duckdb:///facts.duckdb")


def _import(parsed: argparse.Namespace) -> int:
    """Read the files; one that fails does not stop the others, unless they are to be all that there is."""
    store = open_store(parsed.store, wait=0)
    try:
        with PieceReaders(PieceReaders.worth(sum(map(size_of, parsed.files)))) as readers:
            reading = Import(store, parsed.organization, parsed.project, readers)
            done = reading.complete(parsed.files) if parsed.complete else reading.one_by_one(parsed.files)
        _settle(store)
    finally:
        store.close()
    return 0 if done else 1


def _settle(store: Store) -> None:
    """Have what was read put in order; where that cannot be, it is as right, and slower to ask."""
    if sys.stderr.isatty():
        print("Putting the rows in order …", file=sys.stderr)
    try:
        store.settle()
    except PerfwidgetError as fault:
        print(f"perfwidget: The rows are kept but could not be put in order: {fault}", file=sys.stderr)
