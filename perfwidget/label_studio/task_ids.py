"""A set of task ids, a bit each. All tasks of a project are compared with what is kept, and there may be millions."""


class TaskIds:
    """Ids as Label Studio numbers tasks, from 1 up. Its memory is an eighth of a byte for each id up to the highest."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, task_id: int) -> None:
        """Add an id, which is no negative number."""
        place, bit = divmod(task_id, 8)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        self._bits[place] |= 1 << bit

    def __contains__(self, task_id: str) -> bool:
        """Say whether an id, written as text as stores keep it, is in the set. A text that is none is not."""
        if not (task_id.isascii() and task_id.isdigit()):
            return False
        place, bit = divmod(int(task_id), 8)
        return place < len(self._bits) and bool(self._bits[place] >> bit & 1)
