"""Who is what beside a Label Studio Community, which knows no roles: a small file that people write.

```toml
owners = ["boss@example.com"]          # see everything; whoever created the organization is one anyhow
admins = ["ops@example.com"]
reviewers = ["second@example.com"]     # see themselves, as annotators do

[managers]                             # see all members, in these projects only; "all" are all there are
"lead@example.com" = [12, 15]
"head@example.com" = "all"
```

Everybody else is an annotator and sees themselves. People stand in it by id, or by e-mail as Label Studio shows it. An
e-mail is compared letter by letter. Somebody else may sign up with one that differs in a capital, or in a letter that
only looks alike.
"""

import logging
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from perfwidget.errors import InvalidFact, InvalidSetting
from perfwidget.facts.columns import id_text
from perfwidget.question.access import Role

ALL_PROJECTS = "all"
MOST_NAMED = 10
"""Names of the file that one line of the log repeats."""

_LISTS = {"owners": Role.OWNER, "admins": Role.ADMIN, "reviewers": Role.REVIEWER}
_KEYS = {*_LISTS, "managers"}

log = logging.getLogger(__name__)


class StudioRole(NamedTuple):
    """What somebody is, and the projects of a manager; None: as the store's memberships say."""

    role: Role
    projects: tuple[str, ...] | str | None = None


class Roles:
    """The roles of a file, read again when it changes.

    A file that becomes unreadable keeps nobody's rights: everything is refused until it is mended. Raises
    InvalidSetting with the line at fault.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._read: tuple[bytes, Mapping[str, StudioRole]] = (b"", {})
        self._creator: str | None = None
        self._unmatched: set[str] = set()
        self.check()

    def created_by(self, user_id: str | None) -> None:
        """Say who created the organization, and so is its owner."""
        self._creator = user_id

    def of(self, user_id: str, email: str | None) -> StudioRole:
        """Return what somebody is."""
        by_name = self.check()
        if user_id == self._creator:
            return StudioRole(Role.OWNER)
        named = by_name.get(_spelled(email)) if email and "@" in email else None
        return named or by_name.get(user_id) or StudioRole(Role.ANNOTATOR)

    def tell_unmatched(self, people: Iterable[tuple[str, str | None]]) -> None:
        """Say in the log, once, whom the file names and nobody is. People are all that there are, by id and e-mail."""
        known = {name for user_id, email in people for name in (user_id, email and _spelled(email))}
        unmatched = {name for name in self.check() if name not in known}
        if unmatched - self._unmatched:
            named = ", ".join(sorted(unmatched)[:MOST_NAMED])
            log.warning(
                "The roles file %s names %d whom Label Studio does not know: %s.", self._path, len(unmatched), named
            )
        self._unmatched = unmatched

    def check(self) -> Mapping[str, StudioRole]:
        """Read the file if it has changed, and return what people are by how it names them."""
        read, by_name = self._read
        if self._path is None:
            return by_name
        try:
            now = self._path.read_bytes()  # its dates would not tell two edits of one moment apart
            if now == read:
                return by_name
            by_name = _standings(tomllib.loads(now.decode("utf-8-sig").replace("\r\n", "\n")))
        except OSError as fault:
            raise InvalidSetting(f"The roles file {self._path} cannot be read ({fault.strerror}).") from None
        except UnicodeDecodeError:
            raise InvalidSetting(f"The roles file {self._path} is not written in UTF-8.") from None
        except (tomllib.TOMLDecodeError, RecursionError) as fault:
            raise InvalidSetting(f"The roles file {self._path} is no TOML: {fault}.") from None
        except (InvalidFact, _Wrong) as fault:
            raise InvalidSetting(f"The roles file {self._path} is wrong: {fault}") from None
        self._read = now, by_name
        return by_name


class _Wrong(Exception):
    pass


def _standings(values: Mapping[str, Any]) -> dict[str, StudioRole]:
    unknown = sorted(set(values) - _KEYS)
    if unknown:
        raise _Wrong(f"it has {', '.join(unknown)}, and there are only owners, admins, reviewers and managers.")
    found: dict[str, StudioRole] = {}
    for key, role in _LISTS.items():
        for name in _names(values.get(key, []), key):
            _put(found, name, StudioRole(role))
    managers = values.get("managers", {})
    if not isinstance(managers, dict):
        raise _Wrong('[managers] has lines such as "lead@example.com" = [12, 15].')
    for name, projects in managers.items():
        if projects == ALL_PROJECTS:
            _put(found, name, StudioRole(Role.MANAGER, ALL_PROJECTS))
        elif isinstance(projects, list):
            _put(found, name, StudioRole(Role.MANAGER, tuple(id_text(project) for project in projects)))
        else:
            raise _Wrong(f'the projects of {name} are a list of ids, or "all".')
    return found


def _names(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(type(name) in (str, int) and name != "" for name in value):
        raise _Wrong(f"{key} is a list of e-mails or ids.")
    return [str(name) for name in value]


def _put(found: dict[str, StudioRole], name: str, standing: StudioRole) -> None:
    if _spelled(name) in found:
        raise _Wrong(f"{name} stands in it twice.")
    found[_spelled(name)] = standing


def _spelled(name: str) -> str:
    """Return an e-mail as Label Studio keeps it: the name of the machine in small letters, the rest as it is."""
    person, at, machine = name.rpartition("@")
    return person + at + machine.lower() if at else name
