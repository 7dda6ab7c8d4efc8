"""Label Studio's webhooks: a hint that something has changed, and never more than that.

They are not signed, are sent once, and may come twice or in any order. So nothing of what they say becomes a fact. A
hint makes us look, at once instead of some seconds later. What proves that one is ours is a header with a secret.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from perfwidget.errors import InvalidSetting, SourceUnavailable
from perfwidget.facts.ingest import Bookmark
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.pages import NONSENSE, rows
from perfwidget.label_studio.refusals import Refused
from perfwidget.sources.row_values import optional_id
from perfwidget.stores.store import Store

log = logging.getLogger(__name__)

PATH = "/webhooks/label-studio"
SECRET_HEADER = "X-Perfwidget-Secret"  # noqa: S105 (a header's name)
ACTIONS = ("TASKS_CREATED", "TASKS_DELETED", "ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED")
LATER_ACTIONS = ("ANNOTATIONS_CREATED", "REVIEW_CREATED", "REVIEW_UPDATED", "REVIEWS_DELETED")
"""Those that not every Label Studio knows."""

SOURCE = "label studio's webhooks"
"""The bookmark that keeps their secret."""

CURES = (
    (
        re.compile("reserved network|not allowed|private network", re.IGNORECASE),
        "Start Label Studio with SSRF_PROTECTION_ENABLED=false, or give a public address with --webhook-address.",
    ),
    (
        re.compile("resolve|valid URL", re.IGNORECASE),
        "Give an address with --webhook-address that Label Studio can reach, with a dot in its host name.",
    ),
)
"""What helps against words with which Label Studio refuses an address."""

UNTIL_THEN = "Until then this server looks every few seconds."


def receiver(secret: str, hint: Callable[[Iterable[str]], None]) -> Blueprint:
    """Return the endpoint that takes webhooks: 204 for one of ours, 403 for any other; it never waits for anything.

    Bodies are not looked at. Raises InvalidSetting for a secret that no header can hold.
    """
    expected = _checked(secret).encode()
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.route(PATH, methods=["POST"], provide_automatic_options=False)
    def receive() -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), expected):
            return Response("This address takes Label Studio's webhooks only.\n", 403, mimetype="text/plain")
        project_id = optional_id(request.args.get("project"))
        hint([] if project_id is None else [project_id])
        return Response(status=204)

    return blueprint


class Installer:
    """Registers our webhook: one for all projects where Label Studio takes such a one, else one a project.

    A webhook is ours if it brings our secret or has our address. Those that are not as they should be are replaced.
    """

    def __init__(self, server: LabelStudio, address: str, secret: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise InvalidSetting("The address for webhooks is that of this server as Label Studio reaches it, http://…")
        self._server = server
        self._address = address
        self._secret = _checked(secret)
        self._everywhere: bool | None = None
        self._refused = False
        self._done: set[str] = set()

    def install(self, projects: Iterable[str]) -> list[str]:
        """See to the projects that were not seen to yet, and return those that were registered now.

        What Label Studio refuses is said in the log, once. Raises SourceUnavailable; the rest is done the next time.
        """
        new = [project_id for project_id in projects if project_id not in self._done]
        if not new or self._refused:
            return []
        if self._everywhere:
            self._done.update(new)
            return []
        try:
            actions = self._known_actions()
            ours = [row for row in rows(self._server, "webhooks/", "webhooks") if self._is_ours(row)]
            if self._everywhere is None:
                self._everywhere = self._put_everywhere(actions, ours)
            if not self._everywhere:
                return self._install_each(new, actions, ours)
        except NotFound:  # of something that it has a list of: it is just coming up, or going
            return []
        except Refused as fault:
            self._refused = True
            log.warning("%s", _refusal(fault, self._address))
            return []
        self._done.update(new)
        return new

    def _put_everywhere(self, actions: Collection[str], ours: Sequence[Mapping[str, Any]]) -> bool:
        try:
            return self._put(self._wanted(None, actions), ours)
        except Refused:  # if it is for the address, a project's own says so
            return False

    def _install_each(
        self, new: Sequence[str], actions: Collection[str], ours: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        installed, denied = [], ""
        for project_id in new:
            wanted = self._wanted(project_id, actions)
            try:
                there = self._put(wanted, [row for row in ours if row.get("project") == wanted["project"]])
            except Refused as fault:
                if _cure(fault):
                    raise
                denied = denied or str(fault)
                self._done.add(project_id)
                continue
            if there:  # otherwise it was deleted a moment ago
                self._done.add(project_id)
                installed.append(project_id)
        if denied:
            log.warning("Label Studio takes no webhook for some projects, where work is seen later: %s", denied)
        return installed

    def _put(self, wanted: Mapping[str, Any], ours: Sequence[Mapping[str, Any]]) -> bool:
        """Let there be the wanted one of ours and no other; say whether Label Studio takes it."""
        same = [row for row in ours if row.get("project") == wanted.get("project")]
        others = [row for row in ours if row not in same[:1]]
        try:
            if not same:
                self._server.send("POST", "webhooks/", wanted)
            elif any(_differs(same[0].get(key), value) for key, value in wanted.items()):
                self._server.send("PATCH", f"webhooks/{same[0]['id']}/", wanted)
        except NotFound:
            return False
        for row in others:
            remove(self._server, row["id"])
        return True

    def _wanted(self, project_id: str | None, actions: Collection[str]) -> dict[str, Any]:
        of_project = {} if project_id is None else {"project": int(project_id)}
        return {
            **of_project,
            "url": f"{self._address}?{urlencode({'project': project_id})}" if project_id else self._address,
            "send_payload": False,
            "send_for_all_actions": False,
            "headers": {SECRET_HEADER: self._secret},
            "is_active": True,
            "actions": [action for action in (*ACTIONS, *LATER_ACTIONS) if action in actions],
        }

    def _is_ours(self, row: object) -> bool:
        if not isinstance(row, dict) or "id" not in row:
            return False
        return str(row.get("url")).partition("?")[0] == self._address or _secret_of(row) == self._secret

    def _known_actions(self) -> frozenset[str]:
        """Return the actions that this Label Studio has webhooks for."""
        told = self._server.get("webhooks/info/", {"organization-only": "false"})
        if not isinstance(told, dict) or not told:
            raise SourceUnavailable(NONSENSE.format("webhooks"))
        return frozenset(told)


def remove_all(server: LabelStudio) -> int:
    """Remove every webhook of a perfwidget from Label Studio, whatever its address; return how many there were."""
    ours = [row for row in rows(server, "webhooks/", "webhooks") if isinstance(row, dict) and _secret_of(row)]
    for row in ours:
        remove(server, row["id"])
    return len(ours)


def remove(server: LabelStudio, webhook_id: object) -> None:
    """Remove one webhook, or find it gone."""
    with suppress(NotFound):
        server.send("DELETE", f"webhooks/{webhook_id}/", {})


def kept_secret(store: Store, organization_id: str, *, make: bool) -> str:
    """Return the secret that the store keeps for webhooks; where there is none, make one or return an empty text."""
    with store.reading() as reader:
        kept = reader.bookmarks(organization_id).get(SOURCE)
    if kept is None and make:
        store.write([Bookmark(organization_id, SOURCE, secrets.token_urlsafe(32))])
        return kept_secret(store, organization_id, make=False)
    return kept.position if kept is not None else ""


def _cure(fault: Refused) -> str:
    """Return what helps where it is the address that Label Studio refuses; empty for other refusals."""
    return next((cure for words, cure in CURES if words.search(fault.words)), "")


def _refusal(fault: Refused, address: str) -> str:
    told = f"Label Studio takes no webhooks for {address}: {fault.words}" if fault.words else str(fault)
    return " ".join(filter(None, (told if told.endswith(".") else f"{told}.", _cure(fault), UNTIL_THEN)))


def _secret_of(row: Mapping[str, Any]) -> str:
    """Return the secret that a webhook brings; names of headers come in any case."""
    headers = row.get("headers")
    told = headers if isinstance(headers, dict) else {}
    return next((str(value) for name, value in told.items() if name.lower() == SECRET_HEADER.lower()), "")


def _differs(there: object, wanted: object) -> bool:
    if isinstance(there, list) and isinstance(wanted, list):
        return set(map(str, there)) != set(map(str, wanted))
    return there != wanted


def _checked(secret: str) -> str:
    if not secret or not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise InvalidSetting("The secret of webhooks is a word of plain letters and digits, as it stands in a header.")
    return secret
