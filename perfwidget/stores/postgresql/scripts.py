"""Running a script of SQL as whoever an address names, such as the one that makes views of a host's tables."""

import psycopg

from perfwidget.stores.postgresql.address import parse
from perfwidget.stores.postgresql.faults import unopened


def run_script(url: str, script: str) -> None:
    """Run all statements of a script in one transaction, or none of them; raises InvalidSetting, StoreUnavailable."""
    address = parse(url)
    try:
        with psycopg.connect(address.connection, fallback_application_name="perfwidget") as connection:
            connection.execute(script.encode())
    except psycopg.Error as fault:
        raise unopened(address.name, fault) from fault
