"""Tests of service account IDs: valid and unique."""

import re

from hypothesis import given
from hypothesis import strategies as st

from components.gcp.names import account_email, account_id
from components.settings import NAME

names = st.from_regex(NAME.pattern, fullmatch=True)


@given(stack=names, pipe=names)
def test_account_ids_are_valid_for_every_stack_and_pipe_name(stack: str, pipe: str):
    made = account_id(f"{stack}-{pipe}")
    assert re.fullmatch("[a-z][a-z0-9-]{4,28}[a-z0-9]", made)


def test_a_valid_name_is_used_unchanged():
    assert account_id("events") == "events"
    assert account_id("a-stack-of-pipes-and-its-nodes") == "a-stack-of-pipes-and-its-nodes"


def test_account_ids_of_deployed_stacks_never_change():
    assert account_id("a-b") == "a-b-d44362"
    assert account_id("a-stack-of-pipes-and-its-orders") == "a-stack-of-pipes-and-it-335009"
    assert account_id("a-stack-of-22-letters--x-orders-a-b") == "a-stack-of-22-letters-cbd4e3"


def test_pipes_with_a_common_name_prefix_get_different_accounts():
    assert account_id("a-stack-of-pipes-and-its-orders") != account_id("a-stack-of-pipes-and-its-orders-2")


def test_account_email_is_built_from_id_and_project():
    assert account_email("events-orders", "data-pipes-42") == "events-orders@data-pipes-42.iam.gserviceaccount.com"
