"""Environment variables are read, and all errors are reported at once."""

import pytest

from consumer.errors import WrongEnvironmentError
from consumer.variables import Variables


def test_set_variables_are_read():
    variables = Variables({"A": "x", "B": "12"})
    assert variables.required("A") == "x"
    assert variables.optional("A") == "x"
    assert variables.number("B", 5) == 12
    variables.check()


def test_unset_variables_have_defaults():
    variables = Variables({"EMPTY": ""})
    assert variables.optional("A") is None
    assert variables.optional("EMPTY") is None
    assert variables.number("A", 5) == 5
    variables.check()


def test_every_error_is_reported_on_its_own_line():
    variables = Variables({"EMPTY": "", "N": "0"})
    variables.required("A")
    variables.required("EMPTY")
    variables.number("N", 5)
    with pytest.raises(WrongEnvironmentError) as error:
        variables.check()
    assert str(error.value).splitlines() == [
        "A: is required.",
        "EMPTY: is required.",
        "N: must be a whole number of at least 1, got '0'.",
    ]


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "a", "1e3", " 1", "٣", "1000000000"])
def test_only_whole_numbers_of_at_least_1_are_accepted(text):
    variables = Variables({"N": text})
    variables.number("N", 5)
    assert len(variables.errors) == 1
