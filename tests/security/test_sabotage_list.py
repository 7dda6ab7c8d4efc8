"""The ways to break what is protected stay true to the code: each names a text that stands in its file once."""

from pathlib import Path

import pytest

from perfwidget.metrics import BY_KEY
from perfwidget.question.period import Preset
from tests.security import sabotage_calendar, sabotage_formulas
from tests.security.sabotage import Sabotage, sabotages

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("each", sabotages(), ids=lambda each: each.breaks)
def test_each_can_still_be_done(each: Sabotage) -> None:
    assert (ROOT / each.file).read_text().count(each.text) == 1
    assert each.text != each.instead
    assert (ROOT / each.test.split("::")[0].split()[0]).is_file()


def test_there_are_enough_of_them() -> None:
    assert len(list(sabotages())) >= 20


def test_every_formula_is_among_them() -> None:
    assert {breaks.partition(":")[0] for breaks, *_ in sabotage_formulas.SABOTAGES} == set(BY_KEY)


def test_every_preset_is_among_them() -> None:
    broken = {breaks.partition(":")[0] for breaks, *_ in sabotage_calendar.SABOTAGES}
    assert broken >= set(Preset)
