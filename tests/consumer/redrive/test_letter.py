"""Selection of dead letters by position and reason."""

import pytest

from consumer.redrive.letter import Letter, Selection, SelectionError


def letter(position: str, reason: str = "KeyError: 'lines'") -> Letter:
    return Letter(
        position=position,
        topic="orders",
        partition="1",
        origin="179",
        reason=reason,
        tries="5",
        key=None,
        value=None,
        headers=[],
    )


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (Selection(), ["4", "5", "9", "10", "m7"]),
        (Selection(["5"]), ["5"]),
        (Selection(["5-10"]), ["5", "9", "10"]),
        (Selection(["4", "9-9", "m7"]), ["4", "9", "m7"]),
        (Selection(reason="KeyError"), ["4", "5", "9", "10", "m7"]),
        (Selection(["5-10"], "TimeoutError"), []),
    ],
)
def test_positions_and_reason_select(selection, selected):
    assert [each for each in ("4", "5", "9", "10", "m7") if letter(each) in selection] == selected


@pytest.mark.parametrize("position", ["", "9-5", "5-", "-5", "a-b", "5,6", "*"])
def test_other_positions_are_rejected(position):
    with pytest.raises(SelectionError, match=r"^POSITION: must be a position or a range FIRST-LAST, got "):
        Selection([position])
