"""What people are told when a store fails, whichever engine it has."""

TOO_LONG = "The answer took longer than {seconds:.0f} seconds; ask for a shorter period or fewer projects."
FULL = "The disk of the store is full, so nothing of this was kept; make room and write it again."
AWAY = "The store did not answer; ask again in a moment, and if that does not help, see the server's log."
DAMAGED = (
    "A part of the store's file is damaged: what lies there cannot be shown, and nothing more is written; put a copy "
    "back, or read the facts again from their source into a new store."
)
WITHIN = "A write was begun within another one of the same thread; end that one first."
CLOSED = "The store is closed; start the program again."

FORKED = (
    "The store was opened before this process was forked, and belongs to the other one; open it after the fork and in "
    "one process, or use a PostgreSQL store, which many processes can share."
)
NOT_ERASED = (
    "The facts are gone, but their bytes stay in the store's file, which could not be written anew; make room on its "
    "disk, let long downloads end, and forget again."
)

LONGEST = 30.0
"""Seconds that one statement of a question may take."""

GRACE = 2
"""Seconds after which a server that has not ended a statement in its time is given up."""
