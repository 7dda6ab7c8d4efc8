"""The command line: read exports into a store, print reports, run beside Label Studio, run the sample platform.

Results go to standard output; progress, warnings and errors to standard error. Exit status: 0 done, 1 nothing usable or
a failure while working, 2 wrong arguments.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from perfwidget import demo
from perfwidget.errors import Forbidden, InvalidFact, InvalidQuery, InvalidSetting, PerfwidgetError
from perfwidget.facts.columns import id_text
from perfwidget.importing import Import
from perfwidget.label_studio import running
from perfwidget.metrics import BY_KEY
from perfwidget.question import access
from perfwidget.question.access import Role, Viewer
from perfwidget.question.query import Query, parse
from perfwidget.report import Report, exports, report
from perfwidget.sources.inputs import STANDARD_INPUT, size_of
from perfwidget.sources.piece_readers import PieceReaders
from perfwidget.stores import Store, open_store
from perfwidget.stores.choosing import Profile

MOST_MATCHES = 10_000

NOBODY = "command line"
"""Stands for the viewer of the command line, who is no member; whoever reads the store's file is taken for an owner."""


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
    running.add_source(serving, os.environ)
    running.add_server(serving, os.environ)
    serving.set_defaults(run=running.run_server)

    syncing = commands.add_parser(
        "sync",
        help="read what is new in Label Studio into a store",
        description="Reads what is new in a Label Studio into a store, once or until it is ended. Needed are "
        "--label-studio, --store and a token. Options with a name in brackets can stand in the environment instead.",
    )
    running.add_source(syncing, os.environ)
    running.add_once(syncing)
    syncing.set_defaults(run=running.run_sync)

    asking = commands.add_parser("report", help="print a member's report as an owner would see it")
    _add_store(asking)
    asking.add_argument("--organization", metavar="ID", help="needed where the store holds several")
    asking.add_argument("--user", required=True, type=_given, metavar="ID|EMAIL", help="the member")
    asking.add_argument(
        "--from", required=True, dest="first", metavar="D", help="first date, YYYY-MM-DD, or time, YYYY-MM-DDTHH:MM"
    )
    asking.add_argument(
        "--to", required=True, dest="last", metavar="D", help="last date, included; or time, not included"
    )
    asking.add_argument(
        "--tz",
        default="UTC",
        metavar="Z",
        help="time zone in which people are paid, such as Europe/Berlin (default: %(default)s)",
    )
    asking.add_argument("--workspace", action="append", default=[], metavar="ID", help="only this one; may repeat")
    asking.add_argument("--project", action="append", default=[], metavar="ID", help="only this one; may repeat")
    asking.add_argument("--format", choices=("json", "csv"), default="json", help="default: %(default)s")
    asking.set_defaults(run=_report)
    return parser


def _given(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a member by id or e-mail")
    return text


def _id(text: str) -> str:
    try:
        return id_text(text)
    except InvalidFact as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", required=True, metavar="URL", help="such as duckdb:///facts.duckdb")


def _import(parsed: argparse.Namespace) -> int:
    """Read the files; one that fails does not stop the others, unless they are to be all that there is."""
    store = open_store(parsed.store)
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


def _report(parsed: argparse.Namespace) -> int:
    store = open_store(parsed.store, create=False)
    try:
        answer = _asked_report(store, parsed)
    finally:
        store.close()
    lines: Iterator[str] = exports.report_csv(answer) if parsed.format == "csv" else exports.report_json(answer)
    for line in lines:
        sys.stdout.write(line)
    for key in ("unusable_visits", "other_reviews"):
        if answer.values[key]:
            print(f"perfwidget: {answer.values[key]} left out: {BY_KEY[key].definition}", file=sys.stderr)
    return 0


def _asked_report(store: Store, parsed: argparse.Namespace) -> Report:
    viewer = Viewer(_organization(store, parsed.organization), NOBODY, Role.OWNER)
    asked = {
        "from": [parsed.first],
        "to": [parsed.last],
        "tz": [parsed.tz],
        "workspace": parsed.workspace,
        "project": parsed.project,
    }
    try:
        query = parse({**asked, "user": [_user(store, viewer, parsed.user)]})
        return report(store, viewer, query)
    except Forbidden:
        raise PerfwidgetError(
            f"The store has no such member, workspace or project in organization {viewer.organization_id}; "
            "check --user, --workspace and --project."
        ) from None


def _organization(store: Store, named: str | None) -> str:
    found = running.only_organization(store) if named is None else named
    if found is None:
        raise PerfwidgetError("The store is empty; import facts into it first.")
    return found


def _user(store: Store, viewer: Viewer, asked: str) -> str:
    """Return the id of the member who has the e-mail asked for; anything else is taken for an id."""
    with store.reading() as reader:
        scope = access.scope(viewer, Query(), reader.standing(viewer, Query())).scope
        found = [member for member in reader.members(scope, asked, MOST_MATCHES) if _is(member, asked)]
    ids = [member.user_id for member in found if member.user_id == asked] or [member.user_id for member in found]
    if len(ids) > 1:
        raise InvalidSetting(f"{len(ids)} members have the e-mail {asked}; name one by id: {', '.join(ids)}.")
    return ids[0] if ids else asked


def _is(member: Profile, asked: str) -> bool:
    return member.user_id == asked or (member.email or "").casefold() == asked.casefold()
