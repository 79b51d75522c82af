"""Names of service accounts: within Google's limits, and never the same for two pipes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from components.gcp.names import account_email, account_id
from components.settings import NAME

names = st.from_regex(NAME.pattern, fullmatch=True)


@given(stack=names, pipe=names)
def test_every_stack_and_pipe_give_an_id_that_iam_takes(stack: str, pipe: str):
    made = account_id(f"{stack}-{pipe}")
    assert re.fullmatch("[a-z][a-z0-9-]{4,28}[a-z0-9]", made)


def test_a_name_that_is_an_id_stays_as_it_is():
    assert account_id("events") == "events"
    assert account_id("a-stack-of-pipes-and-its-nodes") == "a-stack-of-pipes-and-its-nodes"


def test_deployed_accounts_have_these_ids():
    assert account_id("a-b") == "a-b-d44362"
    assert account_id("a-stack-of-pipes-and-its-orders") == "a-stack-of-pipes-and-it-335009"
    assert account_id("a-stack-of-22-letters--x-orders-a-b") == "a-stack-of-22-letters-cbd4e3"


def test_two_pipes_whose_names_begin_alike_have_two_accounts():
    assert account_id("a-stack-of-pipes-and-its-orders") != account_id("a-stack-of-pipes-and-its-orders-2")


def test_the_address_of_an_account_is_known_before_it_is_there():
    assert account_email("events-orders", "data-pipes-42") == "events-orders@data-pipes-42.iam.gserviceaccount.com"
