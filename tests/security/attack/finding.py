"""What an attack found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """How many of the answers that were looked at were not as promised."""

    looked_at: str
    """What the attack tried, and what was looked at; these name a finding."""
    wrong: int
    asked: int
    told: str = ""
    """What was measured beside it."""
    timed: bool = False
    """Whether it depends on how fast the machine is, so that no test should fail by it."""

    def __str__(self) -> str:
        return f"{self.asked - self.wrong} of {self.asked}" + (f"; {self.told}" if self.told else "")
