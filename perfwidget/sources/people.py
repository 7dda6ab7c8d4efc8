"""The people of an export, who is spelled in several ways, and what the file tells of them."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from perfwidget.facts import Member, Membership
from perfwidget.facts.ingest import Inferred
from perfwidget.sources.row_values import JsonObject, optional_id, word


class NamedPerson(NamedTuple):
    """A person as a row spells them."""

    user_id: str
    email: str | None = None
    name: str | None = None
    by_email: bool = False
    """Whether the e-mail is all that is known, and stands for the id."""


SOMEBODY: Final = NamedPerson("")
"""A person who is there but cannot be read, and so is nobody that one knows."""

MANY = 10_000
"""So many spellings of people are remembered; a file names them in every row."""

_IDS = (int, str, type(None))
_Key = TypeVar("_Key")


class PeopleTold(NamedTuple):
    """What People have come to."""

    emails: dict[str, list[str]]
    seen: list[tuple[NamedPerson, datetime]]
    roles: dict[str, str]
    memberships: list[tuple[str, str, datetime]]


class People:
    """Everybody whom the rows of one file name.

    Kept are the distinct spellings of people, not the rows, so memory stays bounded.
    """

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], NamedPerson | None] = {}
        self._plain: dict[int, NamedPerson | None] = {}
        self._emails: dict[str, set[str]] = {}
        self._seen: dict[NamedPerson, datetime] = {}
        self._roles: dict[str, str] = {}
        self._memberships: dict[tuple[str, str], datetime] = {}
        self.asked = False
        """Whether it was asked whose e-mail one is, for then it matters which rows were read by then."""

    def read(self, value: object) -> NamedPerson | None:
        """Return the person whom an id, an object or an e-mail names; None if absent, SOMEBODY if unreadable."""
        if value is None:
            return None
        if type(value) is int and value in self._plain:  # what most rows have, looked up quickly
            return self._plain[value]
        whole: JsonObject = value if isinstance(value, dict) else {"id": value}
        if type(whole.get("id")) not in _IDS:  # a boolean would be found as 0 or 1
            return SOMEBODY
        spelling = (whole.get("id"), whole.get("email"), whole.get("first_name"), whole.get("last_name"))
        try:
            return self._read[spelling]
        except TypeError:  # an array or object in place of an e-mail or name
            return self.noted(_person(*spelling))
        except KeyError:
            person = self._read[spelling] = self.noted(remembered(*spelling))
        if type(value) is int:
            self._plain[value] = person
        return person

    def noted(self, person: NamedPerson | None) -> NamedPerson | None:
        """Note whose e-mail a row tells."""
        if person is not None and person is not SOMEBODY:
            emails = self._emails.setdefault(person.user_id, set())
            if person.email:
                emails.add(person.email.casefold())
        return person

    def same(self, one: NamedPerson, other: NamedPerson) -> bool:
        """Tell whether two spellings name one person, as far as the rows read by now tell."""
        if one is SOMEBODY or other is SOMEBODY:
            return False
        if one.user_id == other.user_id:
            return True
        if not (one.by_email or other.by_email):
            return False  # two accounts are two people, whatever their e-mails
        self.asked = True
        return not self._emails[one.user_id].isdisjoint(self._emails[other.user_id])

    def seen(self, person: NamedPerson, seen_at: datetime) -> None:
        """Note that a row as of an instant gives a person this e-mail and name."""
        if person.email or person.name:
            keep_latest(self._seen, person, seen_at)

    def worked(self, person: NamedPerson, project_id: str, role: str, seen_at: datetime) -> None:
        """Note that a person worked in a project; who is a reviewer once stays one."""
        keep_latest(self._seen, person, seen_at)
        keep_latest(self._memberships, (person.user_id, project_id), seen_at)
        if self._roles.get(person.user_id) != "reviewer":
            self._roles[person.user_id] = role

    def told(self) -> "PeopleTold":
        """Return all that is known as plain values."""
        emails = {user_id: sorted(emails) for user_id, emails in self._emails.items()}
        memberships = [(user_id, project_id, seen_at) for (user_id, project_id), seen_at in self._memberships.items()]
        return PeopleTold(emails, list(self._seen.items()), dict(self._roles), memberships)

    def add(self, later: "PeopleTold") -> None:
        """Add whom later rows name."""
        for user_id, emails in later.emails.items():
            self._emails.setdefault(user_id, set()).update(emails)
        for person, seen_at in later.seen:
            keep_latest(self._seen, person, seen_at)
        for user_id, project_id, seen_at in later.memberships:
            keep_latest(self._memberships, (user_id, project_id), seen_at)
        for user_id, role in later.roles.items():
            if self._roles.get(user_id) != "reviewer":
                self._roles[user_id] = role

    def inferred(self, organization_id: str) -> Iterator[Inferred]:
        """Yield the members and memberships that the file tells of, each with when it was seen last."""
        wanted = {
            person.user_id.casefold() for person in self._seen if person.by_email and person.user_id in self._roles
        }
        described = {person.user_id for person in self._seen if person.email or person.name}
        for person, seen_at in self._seen.items():
            if person.user_id in described and not (person.email or person.name):
                continue
            role = self._roles.get(person.user_id)
            # Who only edited is no member, unless they tell whose e-mail it is that stands for a worker's id.
            if role is None and not person.by_email and (person.email or "").casefold() in wanted:
                role = "annotator"
            if role:
                yield Inferred(Member(organization_id, person.user_id, person.email, person.name, role=role), seen_at)
        for (user_id, project_id), seen_at in self._memberships.items():
            yield Inferred(Membership(organization_id, user_id, project_id=project_id), seen_at)


def _person(user_id: object, email: object, first_name: object, last_name: object) -> NamedPerson | None:
    mail = word(email)
    if user_id is None and mail is None:
        return None
    # An e-mail is written where an id would stand, too.
    if isinstance(user_id, str) and "@" in user_id and email is None:
        user_id, mail = None, word(user_id)
    name = " ".join(filter(None, (word(first_name), word(last_name)))) or None
    found = optional_id(mail if user_id is None else user_id)
    return SOMEBODY if found is None else NamedPerson(found, mail, name, by_email=user_id is None)


remembered = lru_cache(MANY, typed=True)(_person)


def keep_latest(latest: dict[_Key, datetime], key: _Key, seen_at: datetime) -> None:
    """Remember the latest instant at which something was seen."""
    known = latest.get(key)
    if known is None or known < seen_at:
        latest[key] = seen_at
