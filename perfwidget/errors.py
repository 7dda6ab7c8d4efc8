"""What can go wrong, each with the HTTP status it is answered with.

Every message is one sentence for the person who reads it: what is wrong and what to do about it.
"""

from typing import Any

OUTSIDE_SCOPE = "This is outside what you may see; ask for a member, workspace or project of your own."


class PerfwidgetError(Exception):
    """Anything this package refuses or fails to do on purpose; `str(error)` is the sentence for people."""

    status = 500


class InvalidQuery(PerfwidgetError):
    """The question itself is malformed: a date that is none, an unknown zone, a malformed id."""

    status = 400


class Unauthenticated(PerfwidgetError):
    """Nobody is signed in."""

    status = 401


class Forbidden(PerfwidgetError):
    """Asked for something outside the viewer's scope; the answer never tells whether it exists."""

    status = 403

    def __init__(self, message: str = OUTSIDE_SCOPE) -> None:
        super().__init__(message)


class StoreUnavailable(PerfwidgetError):
    """The store does not answer now; asking again later may work."""

    status = 503


class Busy(PerfwidgetError):
    """Too many ask at once; asking again in `retry_after` seconds will work."""

    status = 503

    def __init__(
        self,
        message: str = "Many people are asking for their figures just now; ask again in a moment.",
        retry_after: int = 1,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InvalidFact(PerfwidgetError, ValueError):
    """A fact that breaks the data contract; nothing of its write is kept."""

    status = 400


class InvalidSetting(PerfwidgetError, ValueError):
    """A setting or store address that cannot be used."""


class UnreadableFile(PerfwidgetError, ValueError):
    """A file that is no Label Studio JSON export, or breaks off; nothing of it is kept."""

    status = 400


class OtherServer(PerfwidgetError, ValueError):
    """Rows have the ids of others that the store keeps, and are of another server. Nothing of their write is kept.

    `outcome` names them.
    """

    status = 400

    def __init__(self, outcome: Any) -> None:
        super().__init__(
            "Nothing of this is kept, for its annotations have the ids of others in the store and are of another Label "
            "Studio server; import each server into an organization of its own with --organization."
        )
        self.outcome = outcome


class SourceUnavailable(PerfwidgetError):
    """The platform that the facts are read from does not answer, or not as it should. Asking again later may work."""

    status = 503


class SourceRefused(PerfwidgetError):
    """The platform that the facts are read from does not let us in; somebody has to change a setting."""

    status = 502


class RecordsUnavailable(PerfwidgetError):
    """The widget's own records cannot be read or written now; asking again later may work."""

    status = 503


class Conflict(PerfwidgetError):
    """Somebody else changed it first; the sentence says who did what, and when."""

    status = 409


class InvalidPay(InvalidQuery):
    """A card, period, hold, adjustment or act that pay cannot take; nothing is changed."""


class UnconfirmedPay(InvalidPay):
    """Pay has not begun, or its settings changed: somebody who manages pay has to confirm it first."""
