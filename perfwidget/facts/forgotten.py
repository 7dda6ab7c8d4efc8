"""A member who is forgotten: how rows name them, and what is put in their place in the JSON that is kept of rows."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfwidget.facts.tables import Action, Annotation, Review

_OWNED_BY = [column.name for column in Annotation.columns()].index("completed_by")
_ACTOR = [column.name for column in Action.columns()].index("user_id")
_OWNER, _REVIEWER = (
    [column.name for column in Review.columns()].index(name) for name in ("completed_by", "reviewer_id")
)
_BY = ("completed_by", "updated_by", "last_created_by", "created_by")
_SPELLED_PEOPLE = (0, 2, 3)
"""The places of people in `snapshots.spelled`: owner, first and last writer."""


@dataclass(frozen=True)
class Forgotten:
    """A member by all that stands for them, and what is put in its place."""

    user_id: str
    emails: frozenset[str]
    """In lower case, and of nobody else."""
    token: str
    address: str
    """Stands for an e-mail; rows that name somebody by e-mail alone stay such rows."""
    gone: bool
    """Whether their facts go, too."""

    def is_meant(self, value: object) -> bool:
        """Say whether an id, an e-mail or an object with either names the person."""
        if isinstance(value, dict):
            return self.is_meant(value.get("email") if value.get("id") is None else value["id"])
        named = str(value) if isinstance(value, int | str) else ""
        return named == self.user_id or named.casefold() in self.emails

    def put(self, value: Any) -> Any:
        """Return a value, or what stands in its place if it names the person."""
        if not self.is_meant(value):
            return value
        alone = value.get("email") if isinstance(value, dict) and value.get("id") is None else value
        return self.address if isinstance(alone, str) and alone.casefold() in self.emails else self.token

    def sought(self) -> Iterator[str]:
        """Yield texts in lower case, one of which stands in all JSON that names the person."""
        for each in (self.user_id, *self.emails):
            first, *rest = json.dumps(each)[1:-1].split("\\")  # what is escaped may be written in another way
            yield max((first, *(part[5 if part[:1] == "u" else 1 :] for part in rest)), key=len).lower()

    def put_in(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of `snapshots` with the token in the person's place."""
        new = dict(snapshot)
        new["spelled"] = self._put_in_spelled(snapshot["spelled"])
        if snapshot["beside"]:
            beside = json.loads(snapshot["beside"])
            if "seen" in beside:
                beside["seen"] = [self._put_in_seen(each) for each in beside["seen"]]
            new["beside"] = json.dumps(beside)
        if snapshot["emails"]:
            emails = {self.put(each) for each in snapshot["emails"].split("\n") if each}
            new["emails"] = "\n".join(["", *sorted(emails), ""])
        return new

    def _put_in_spelled(self, text: str | None) -> str | None:
        if text is None:
            return None
        values = json.loads(text)
        for place in _SPELLED_PEOPLE:
            values[place] = self.put(values[place])
        return json.dumps(values, sort_keys=True)

    def _put_in_seen(self, seen: Any) -> Any:
        """Return one row that was read: text where it names somebody by e-mail alone, else as facts are stored."""
        if isinstance(seen, str):
            task, row = json.loads(seen)
            for part in (row, *(row.get("history") or ()), *(row.get("reviews") or ())):
                part.update({key: self.put(part[key]) for key in _BY if key in part})
            for name in ("history", "reviews"):
                if row.get(name):
                    row[name] = [part for part in row[name] if self._stays(part.get("created_by"))]
            return json.dumps([task, row], sort_keys=True)
        row, history, actions, reviews, *more, spelled = seen
        row[_OWNED_BY] = self.put(row[_OWNED_BY])
        for action in actions:
            action[_ACTOR] = self.put(action[_ACTOR])
        for review in reviews or ():
            review[_OWNER], review[_REVIEWER] = self.put(review[_OWNER]), self.put(review[_REVIEWER])
        actions = [action for action in actions if self._stays(action[_ACTOR])]
        reviews = None if reviews is None else [each for each in reviews if self._stays(each[_REVIEWER])]
        return [row, history, actions, reviews, *more, self._put_in_spelled(spelled)]

    def _stays(self, by: object) -> bool:
        return not self.gone or by not in (self.token, self.address)


def whole_emails(emails: Collection[str]) -> re.Pattern[str]:
    """Return what finds e-mails in a text, in any case; one that is a part of a longer e-mail is another one."""
    some = "|".join(map(re.escape, sorted(emails, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?<!\w[.+-])(?:{some})(?![.-]?\w)", re.IGNORECASE)
