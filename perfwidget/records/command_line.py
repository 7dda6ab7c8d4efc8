"""`perfwidget audit verify`: see that the audit log is as it was written."""

import argparse
import sys
from contextlib import closing

from perfwidget.errors import InvalidSetting
from perfwidget.records.audit import Head, faults, head
from perfwidget.records.database import Records, open_records
from perfwidget.settings import records_beside


def add_command(auditing: argparse.ArgumentParser) -> None:
    """Let a parser read `verify` and what it is told with."""
    acts = auditing.add_subparsers(required=True, metavar="verify")
    verifying = acts.add_parser("verify", help="see that no row of the audit log was changed, removed or put in")
    add_records(verifying)
    verifying.add_argument("--organization", metavar="ID", help="only this one; else every organization there is")
    verifying.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="[N:]HASH",
        help="a head from a manifest or a printed statement, which the log must hold; may repeat",
    )
    verifying.set_defaults(run=_verify)


def add_records(parser: argparse.ArgumentParser) -> None:
    """Let a parser read where the records are."""
    parser.add_argument(
        "--store", metavar="URL", help="the store that records lie beside, such as duckdb:///facts.duckdb"
    )
    parser.add_argument(
        "--records",
        metavar="URL",
        help="where the records are, such as sqlite:///performance-records.db (default: beside the embedded store)",
    )


def records_of(parsed: argparse.Namespace) -> Records:
    """Open the records that the arguments name; raises InvalidSetting where they name none."""
    if parsed.records is not None:
        return open_records(parsed.records)
    if parsed.store is None:
        raise InvalidSetting("Name the records with --records, or with --store the store that they lie beside.")
    return open_records(records_beside(parsed.store))


def _verify(parsed: argparse.Namespace) -> int:
    """Write the head of each log to standard output, and what is wrong to standard error."""
    heads = [Head.parse(each) for each in parsed.head]
    with closing(records_of(parsed)) as records:
        known = records.organizations()
        if parsed.organization is None and heads and len(known) > 1:
            raise InvalidSetting("There are several organizations; name the one of --head with --organization.")
        wrong = 0
        for organization in known if parsed.organization is None else [parsed.organization]:
            with records.reading(organization) as transaction:
                for fault in faults(transaction, heads):
                    sys.stderr.write(f"{organization}: {fault}\n")
                    wrong += 1
                sys.stdout.write(f"{organization} {head(transaction)}\n")
    return 1 if wrong else 0
