"""Label Studio's webhooks: a hint that something has changed, and never more than that.

They are not signed, are sent once, and may come twice or in any order, so nothing of what they say becomes a fact: a
hint makes us look, at once instead of some seconds later. What proves that one is ours is a header with a secret.
"""

import hmac
import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from perfwidget.errors import InvalidSetting, PerfwidgetError, SourceRefused, SourceUnavailable
from perfwidget.label_studio.connection import LabelStudio, NotFound
from perfwidget.label_studio.pages import NONSENSE, rows
from perfwidget.sources.row_values import optional_id

log = logging.getLogger(__name__)

PATH = "/webhooks/label-studio"
SECRET_HEADER = "X-Perfwidget-Secret"  # noqa: S105 (a header's name)
ACTIONS = ("TASKS_CREATED", "TASKS_DELETED", "ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED")
LATER_ACTIONS = ("ANNOTATIONS_CREATED", "REVIEW_CREATED", "REVIEW_UPDATED", "REVIEWS_DELETED")
"""Those that not every Label Studio knows."""


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
    """Registers our webhook with each project: Label Studio knows them by project only."""

    def __init__(self, server: LabelStudio, address: str, secret: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise InvalidSetting("The address for webhooks is that of this server as Label Studio reaches it, http://…")
        self._server = server
        self._address = address
        self._secret = _checked(secret)
        self._known: frozenset[str] = frozenset()
        self._done: set[str] = set()

    def install(self, projects: Iterable[str]) -> list[str]:
        """Register with the projects that have none of ours yet, and return these.

        What Label Studio refuses is said in the log, once.
        """
        installed = []
        for project_id in projects:
            if project_id in self._done:
                continue
            self._done.add(project_id)
            try:
                self._install(project_id)
                installed.append(project_id)
            except NotFound:  # the project, or the webhook, was deleted a moment ago
                self._done.discard(project_id)
            except SourceRefused as fault:
                log.warning("Label Studio takes no webhook for project %s: %s", project_id, fault)
            except PerfwidgetError:
                self._done.discard(project_id)
                raise
        return installed

    def _install(self, project_id: str) -> None:
        address = f"{self._address}?{urlencode({'project': project_id})}"
        wanted = {
            "url": address,
            "project": int(project_id),
            "send_payload": False,
            "send_for_all_actions": False,
            "headers": {SECRET_HEADER: self._secret},
            "is_active": True,
            "actions": [action for action in (*ACTIONS, *LATER_ACTIONS) if action in self._known_actions()],
        }
        registered = rows(self._server, "webhooks/", "webhooks", {"project": project_id})
        ours = [row["id"] for row in registered if isinstance(row, dict) and row.get("url") == address]
        if ours:
            self._server.send("PATCH", f"webhooks/{ours[0]}/", wanted)
        else:
            self._server.send("POST", "webhooks/", wanted)

    def _known_actions(self) -> frozenset[str]:
        """Return the actions that this Label Studio has webhooks for, asked once."""
        if not self._known:
            told = self._server.get("webhooks/info/", {"organization-only": "false"})
            if not isinstance(told, dict) or not told:
                raise SourceUnavailable(NONSENSE.format("webhooks"))
            self._known = frozenset(told)
        return self._known


def _checked(secret: str) -> str:
    if not secret or not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise InvalidSetting("The secret of webhooks is a word of plain letters and digits, as it stands in a header.")
    return secret
