"""What a write came to that whoever wrote should know."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Annotations, by organization and id, and e-mails that were not kept simply as they were given."""

    kept: bool = False
    """Whether any row was kept, or known already."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Rows of another server, it seems: what was there stays."""
    replaced: list[tuple[str, str]] = field(default_factory=list)
    """Such rows that a running platform gave, which stand."""
    ownerless: list[tuple[str, str]] = field(default_factory=list)
    """Annotations whose newest row has no owner, and which keep the one they had."""
    shared: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """E-mails by which alone somebody is named, and that several members have."""
