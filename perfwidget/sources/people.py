"""The people of an export, who is spelled in several ways, and what the file tells of them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from perfwidget.facts import Member, Membership
from perfwidget.facts.ingest import EmailTold, Inferred
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
    comments: list[tuple[str, str]]


class People:
    """Everybody whom the rows of one file name; `members` maps e-mails, in lower case, to those whom they mean.

    Kept are the distinct spellings of people, not the rows, so memory stays bounded.
    """

    def __init__(self, members: Mapping[str, str] | None = None) -> None:
        self._members = members or {}
        self._read: dict[tuple[object, ...], NamedPerson | None] = {}
        self._plain: dict[int, NamedPerson | None] = {}
        self._emails: dict[str, set[str]] = {}
        self._seen: dict[NamedPerson, datetime] = {}
        self._roles: dict[str, str] = {}
        self._memberships: dict[tuple[str, str], datetime] = {}
        self._comments: set[tuple[str, str]] = set()
        self.by_email: set[str] = set()
        """The e-mails by which alone a row names somebody; whoever reads the next row empties it before."""

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
            person = self._read.get(spelling, SOMEBODY)
            if person is SOMEBODY:
                person = self._read[spelling] = self.noted(remembered(*spelling))
        except TypeError:  # an array or object in place of an e-mail or name
            person = self.noted(_person(*spelling))
        if person is not None and person.by_email:
            self.by_email.add(person.user_id)
            meant = self._members.get(person.user_id)
            return person if meant is None else NamedPerson(meant)
        if type(value) is int:
            self._plain[value] = person
        return person

    def noted(self, person: NamedPerson | None) -> NamedPerson | None:
        """Note whose e-mail a row tells."""
        if person is not None and person.email and not person.by_email:
            self._emails.setdefault(person.user_id, set()).add(person.email.casefold())
        return person

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

    def commented(self, person: NamedPerson, comment_id: str) -> None:
        """Note that a comment is by a person, who may be known by their e-mail only."""
        if person.by_email:
            self._comments.add((person.user_id, comment_id))

    def told(self) -> "PeopleTold":
        """Return all that is known as plain values."""
        emails = {user_id: sorted(emails) for user_id, emails in self._emails.items()}
        memberships = [(user_id, project_id, seen_at) for (user_id, project_id), seen_at in self._memberships.items()]
        return PeopleTold(emails, list(self._seen.items()), dict(self._roles), memberships, sorted(self._comments))

    def add(self, later: "PeopleTold") -> None:
        """Add whom later rows name."""
        for user_id, emails in later.emails.items():
            self._emails.setdefault(user_id, set()).update(emails)
        for person, seen_at in later.seen:
            keep_latest(self._seen, person, seen_at)
        for user_id, project_id, seen_at in later.memberships:
            keep_latest(self._memberships, (user_id, project_id), seen_at)
        self._comments.update(later.comments)
        for user_id, role in later.roles.items():
            if self._roles.get(user_id) != "reviewer":
                self._roles[user_id] = role

    def inferred(self, organization_id: str) -> Iterator[Inferred | EmailTold]:
        """Yield the members and memberships that the file tells of, each with when it was seen last, and all e-mails.

        Who only edited is no member.
        """
        described = {person.user_id for person in self._seen if person.email or person.name}
        by_email = {person.user_id for person in self._seen if person.by_email}
        for person, seen_at in self._seen.items():
            if person.user_id in described and not (person.email or person.name):
                continue
            role = self._roles.get(person.user_id)
            if not person.by_email:
                member = Member(organization_id, person.user_id, person.email, person.name, role=role or "annotator")
                yield Inferred(member, seen_at, worked=role is not None)
            elif role and person.name:
                yield EmailTold(organization_id, person.user_id, "name", person.name)
        for (user_id, project_id), seen_at in self._memberships.items():
            if user_id in by_email:
                yield EmailTold(organization_id, user_id, "worked", project_id)
            else:
                yield Inferred(Membership(organization_id, user_id, project_id=project_id), seen_at)
        for user_id in by_email:
            if self._roles.get(user_id) == "reviewer":
                yield EmailTold(organization_id, user_id, "reviewer", "")
        for user_id, emails in self._emails.items():
            yield from (EmailTold(organization_id, email, "member", user_id) for email in sorted(emails))
        for email, comment_id in self._comments:
            yield EmailTold(organization_id, email, "comment", comment_id)


def _person(user_id: object, email: object, first_name: object, last_name: object) -> NamedPerson | None:
    mail = word(email)
    if user_id is None and mail is None:
        return None
    # An e-mail is written where an id would stand, too.
    if isinstance(user_id, str) and "@" in user_id and email is None:
        user_id, mail = None, word(user_id)
    name = " ".join(filter(None, (word(first_name), word(last_name)))) or None
    found = optional_id(mail.casefold() if user_id is None and mail else user_id)
    return SOMEBODY if found is None else NamedPerson(found, mail, name, by_email=user_id is None)


remembered = lru_cache(MANY, typed=True)(_person)


def keep_latest(latest: dict[_Key, datetime], key: _Key, seen_at: datetime) -> None:
    """Remember the latest instant at which something was seen."""
    known = latest.get(key)
    if known is None or known < seen_at:
        latest[key] = seen_at
