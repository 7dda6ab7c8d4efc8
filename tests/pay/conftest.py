"""Pay of one member with one piece of work, for tests of what happens to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pay.payrolls import Payroll, payroll, work


@pytest.fixture
def paid(tmp_path: Path) -> Iterator[Payroll]:
    """Give pay in which Ann did one annotation, at a card of 2 euros each."""
    with payroll(tmp_path) as made:
        made.card("annotation", "2")
        made.write(work(1, "2024-11-04 10:00"))
        yield made
