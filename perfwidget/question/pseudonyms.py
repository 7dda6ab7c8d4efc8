"""What other people are called to viewers who may not choose members. Their e-mails stay out of sight as ids, too."""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable

from perfwidget.question.access import Scope

NAMELESS = "member"
DIGITS = 10
"""Hexadecimal digits of a pseudonym: of 10,000 people two are called alike in one of 20,000 organizations."""

Named = Callable[[str], str]
"""What a person's id is to a viewer."""


def named_to(scope: Scope, key: bytes) -> Named:
    """Return what ids of people are to the viewer of a scope.

    An id with an `@` is an e-mail. Those who may not choose members get a pseudonym instead, but for their own id. With
    the same key it is always the same in one organization; without a key everybody is called alike.
    """
    if scope.role.chooses_members:
        return str

    def named(user_id: str) -> str:
        if user_id == scope.viewer_id or "@" not in unicodedata.normalize("NFKC", user_id):
            return user_id
        if not key:
            return NAMELESS
        whom = json.dumps(["perfwidget pseudonym", scope.organization_id, user_id]).encode()
        return f"{NAMELESS}-{hmac.new(key, whom, hashlib.sha256).hexdigest()[:DIGITS]}"

    return named
