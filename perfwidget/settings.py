"""Settings of the widget that are more than a value. They are checked when it is made: mistakes show at once."""

import re
from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from urllib.parse import quote

from perfwidget.errors import InvalidQuery, InvalidSetting
from perfwidget.question.access import Role
from perfwidget.question.period import zone

LATE_AFTER = 300
"""Seconds after which facts that a source keeps in step are called late."""

PAY_ROLES = (Role.OWNER, Role.ADMIN)
"""Who manages pay, unless a setting says otherwise."""

CONTEST_DAYS = 14
"""The days in which a question about pay is to be answered, unless a setting says otherwise."""

MOST_CONTEST_DAYS = 366
"""The longest time in which a question may be answered."""

RECORDS_ADDRESS = (
    "An address of records is written sqlite:///records.db or postgresql://user:password@host:port/database."
)

EXPORTS = ("report", "timeline", "comments", "rows")
"""The kinds of downloads."""

TaskLink = Callable[[str, str, str], str]
"""From the ids of project, task and annotation to the address of the task in the host."""

_TASK_FIELDS = ("project_id", "task_id", "annotation_id")
_TASK_URL = re.compile(r"https?://[^/{?#\\\\]+([/?#]|$)|/(?![/\\\\])")
_EMBEDDED = "duckdb:///"
_RECORDS = re.compile(r"sqlite:///[^?]+|postgres(ql)?://[^?].*", re.DOTALL)
_FRAME_SOURCE = re.compile(r"'self'|'none'|\*|https?:|[A-Za-z][A-Za-z0-9+.-]*://[^\s;,']+|[A-Za-z0-9*.-]+(:[0-9*]+)?")


def roles_by_kind(named: Mapping[str, Iterable[Role | str]]) -> dict[str, frozenset[Role]]:
    """Return the roles that may have a kind of download, for the kinds that are named; raises InvalidSetting."""
    unknown = sorted(set(named) - set(EXPORTS))
    if unknown:
        raise InvalidSetting(f"export_roles names {', '.join(unknown)}, and there are only {', '.join(EXPORTS)}.")
    try:
        return {kind: frozenset(map(Role, roles)) for kind, roles in named.items()}
    except ValueError:
        raise InvalidSetting(f"The roles of export_roles must be among {', '.join(Role)}.") from None


def roles_of(setting: str, roles: Iterable[Role | str]) -> frozenset[Role]:
    """Return the roles that a setting names; raises InvalidSetting."""
    try:
        return frozenset(map(Role, roles))
    except (ValueError, TypeError):
        raise InvalidSetting(f"{setting} must be among {', '.join(Role)}.") from None


def days_to_answer(days: int) -> int:
    """Return days in which questions may have to be answered; raises InvalidSetting for others."""
    if type(days) is not int or not 0 <= days <= MOST_CONTEST_DAYS:
        raise InvalidSetting(f"contest_days must be whole days, from 0 to {MOST_CONTEST_DAYS}.")
    return days


def records_address(address: str) -> str:
    """Return an address of records; raises InvalidSetting for what cannot be one."""
    if not _RECORDS.fullmatch(address):
        driver = "Leave the driver out of the address (+psycopg). " if "+" in address.partition("://")[0] else ""
        raise InvalidSetting(f"{driver}{RECORDS_ADDRESS}")
    return address


def records_beside(store_url: str) -> str:
    """Return the address of the records that lie beside an embedded store; raises InvalidSetting for other stores."""
    path = store_url.removeprefix(_EMBEDDED)
    if path == store_url or not path:
        raise InvalidSetting(
            "Beside this store no records can lie; name some, such as --records sqlite:///performance-records.db "
            "or --records postgresql://user:password@host:port/database?schema=perfwidget_records."
        )
    return f"sqlite:///{path}.records"


def frame_sources(value: str | Iterable[str]) -> str:
    """Return the sources of a `frame-ancestors` policy; raises InvalidSetting."""
    sources = value.split() if isinstance(value, str) else list(value)
    if not sources or not all(_FRAME_SOURCE.fullmatch(source) for source in sources):
        raise InvalidSetting("frame_ancestors takes 'self', 'none' or origins such as https://portal.example.")
    return " ".join(sources)


def time_zone(name: str | None) -> str | None:
    """Return the name of a time zone of the IANA list, or None; raises InvalidSetting."""
    try:
        return None if name is None else zone(name).key
    except (InvalidQuery, TypeError):
        raise InvalidSetting("The time zone must be one of the IANA list, such as Europe/Berlin or UTC.") from None


def task_link(template: str | None, root: Callable[[], str]) -> TaskLink | None:
    """Return what makes a task's address of a template; ids go into it percent-encoded, whatever they hold.

    A path begins at `root`, that of the host which serves the request. Raises InvalidSetting for a template that is
    neither of http or https nor a path of this site. So it does where it has other fields, or some behind a `#`.
    """
    if template is None:
        return None
    fault = InvalidSetting(
        "task_url must be a path or an http(s) address with {task_id} in it, and may have {project_id} and "
        "{annotation_id}, such as /projects/{project_id}/data?task={task_id}."
    )
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        raise fault from None
    fields = {name for _, name, _, _ in parts if name is not None}
    plain = all(not wanted and not conversion for _, _, wanted, conversion in parts)
    known = {"task_id"} <= fields <= {*_TASK_FIELDS} and "{" not in template.partition("#")[2]
    if not known or not plain or not _TASK_URL.match(template):
        raise fault

    def link(project_id: str, task_id: str, annotation_id: str) -> str:
        ids = map(_encoded, (project_id, task_id, annotation_id))
        address = template.format(**dict(zip(_TASK_FIELDS, ids, strict=True)))
        return root() + address if template.startswith("/") else address

    return link


def _encoded(value: str) -> str:
    """Return an id as a part of an address; dots alone would be read as a step in its path."""
    return quote(value, safe="") if value.strip(".") else value.replace(".", "%2E")
