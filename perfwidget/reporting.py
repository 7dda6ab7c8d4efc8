"""The command that prints reports: of one member, several, or everybody, as an owner would see them."""

import argparse
import sys
from collections.abc import Iterator

from perfwidget.errors import Forbidden, InvalidSetting, PerfwidgetError
from perfwidget.label_studio import running
from perfwidget.metrics import BY_KEY
from perfwidget.question import access
from perfwidget.question.access import Role, ScopedQuery, Viewer
from perfwidget.question.period import Grain
from perfwidget.question.query import Query, parse
from perfwidget.report import exports, read_report, resolved_period
from perfwidget.report.number_files import members_csv, read_days, report_csv
from perfwidget.stores import Store, open_store
from perfwidget.stores.choosing import Profile
from perfwidget.stores.reading import Reader

MOST_MATCHES = 10_000

NOBODY = "command line"
"""Stands for the viewer of the command line, who is no member. Whoever reads the store's file is taken for an owner."""


def add_command(asking: argparse.ArgumentParser) -> None:
    """Let a parser read what a report is asked with."""
    asking.add_argument("--store", required=True, metavar="URL", help="such as duckdb:///facts.duckdb")
    asking.add_argument("--organization", metavar="ID", help="needed where the store holds several")
    whom = asking.add_mutually_exclusive_group(required=True)
    whom.add_argument("--user", action="append", type=_given, metavar="ID|EMAIL", help="a member; may repeat")
    whom.add_argument("--members", choices=("all",), help="everybody")
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
    asking.add_argument("--compare", choices=("previous",), help="also the period before, in JSON and members-csv")
    asking.add_argument("--idle", choices=("show",), help="with members without activity")
    asking.add_argument(
        "--format",
        choices=("json", "csv", "members-csv"),
        default="json",
        help="csv has a row a member and day, members-csv a row a member (default: %(default)s)",
    )
    asking.set_defaults(run=run)


def _given(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a member by id or e-mail")
    return text


def run(parsed: argparse.Namespace) -> int:
    """Print what is asked for; return the exit status."""
    store = open_store(parsed.store, create=False, wait=0)
    try:
        viewer = Viewer(_organization(store, parsed.organization), NOBODY, Role.OWNER)
        query = _asked(store, viewer, parsed)
        with store.reading() as reader:
            asked = _scoped(reader, viewer, query)
            for text in _texts(reader, asked.during(resolved_period(reader, asked, query)), query, parsed.format):
                sys.stdout.write(text)
    finally:
        store.close()
    return 0


def _asked(store: Store, viewer: Viewer, parsed: argparse.Namespace) -> Query:
    once = {"from": parsed.first, "to": parsed.last, "tz": parsed.tz}
    once |= {"members": parsed.members, "compare": parsed.compare, "idle": parsed.idle}
    asked = {name: [value] for name, value in once.items() if value is not None}
    users = [_user(store, viewer, each) for each in parsed.user or ()]
    return parse({**asked, "user": users, "workspace": parsed.workspace, "project": parsed.project})


def _scoped(reader: Reader, viewer: Viewer, query: Query) -> ScopedQuery:
    try:
        return access.scope(viewer, query, reader.standing(viewer, query))
    except Forbidden:
        raise PerfwidgetError(
            f"The store has no such member, workspace or project in organization {viewer.organization_id}; "
            "check --user, --workspace and --project."
        ) from None


def _texts(reader: Reader, asked: ScopedQuery, query: Query, form: str) -> Iterator[str]:
    """Yield the parts of a report; what it leaves out goes to standard error."""
    answer = read_report(reader, asked, query, Grain.DAY)
    if form == "json":
        yield from exports.report_json(answer)
    elif form == "csv":
        yield from (text for text, _ in report_csv(read_days(reader, asked, query), asked))
    else:
        yield from (text for text, _ in members_csv(answer, asked, query.table))
    for key in ("unusable_visits", "other_reviews"):
        if answer.values[key]:
            print(f"perfwidget: {answer.values[key]} left out: {BY_KEY[key].definition}", file=sys.stderr)


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
