"""Every attack of the program beside this file, with what is counted of it; what is timed is the program's to judge."""

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import WHOLE
from tests.security.attack import members, strangers
from tests.security.attack.__main__ import BEFORE, platform
from tests.security.attack.finding import Finding
from tests.security.attack.running import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with platform() as started:
        yield started


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Callable[[list[Finding]], None]:
    """Say what was counted, and fail by what is not as promised."""

    def count(findings: list[Finding]) -> None:
        with capsys.disabled():
            sys.stdout.write("".join(f"\n{each.looked_at}: {each}" for each in findings))
        assert [each for each in findings if each.wrong and not each.timed] == []
        assert all(each.asked for each in findings)
        assert {each.looked_at for each in findings} <= set(BEFORE)

    return count


ASKED = 30 if WHOLE else 4
"""How often others ask meanwhile; before, four of ten of their questions were refused."""


@pytest.mark.parametrize("attack", [members.questions, members.downloads], ids=lambda attack: attack.__name__)
def test_one_persons_attack_costs_nobody_else(
    server: Server, counted: Callable[[list[Finding]], None], attack: Callable[[int, int], list[Finding]]
) -> None:
    counted(attack(server.port, ASKED))


@pytest.mark.parametrize(
    "attack", [members.bodies, members.formulas, strangers.other_sites], ids=lambda attack: attack.__name__
)
def test_what_is_odd_or_foreign_gets_nothing(
    server: Server, counted: Callable[[list[Finding]], None], attack: Callable[[int], list[Finding]]
) -> None:
    counted(attack(server.port))


def test_the_log_stays_short(server: Server, counted: Callable[[list[Finding]], None]) -> None:
    members.bodies(server.port)
    counted([strangers.logged("all of these", server)])


@pytest.mark.skipif(not WHOLE, reason="takes minutes; set PERFWIDGET_SECURITY=full")
def test_slow_readers_are_given_up(server: Server, counted: Callable[[list[Finding]], None]) -> None:
    counted(members.slow_readers(server.port))


def test_strangers_cost_nothing_while_label_studio_hangs(counted: Callable[[list[Finding]], None]) -> None:
    counted(strangers.hanging_label_studio())
