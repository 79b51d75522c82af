"""Secrets of the environment are replaced in all output of `dev`."""

import pytest

from workbench.dev.redact import redactor


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_TOKEN", "hunter22"),
        ("DB_PASSWORD", "pa$$.*word"),
        ("db_pass", "hunter22"),
        ("AWS_SECRET_ACCESS_KEY", "abc/def+ghi"),
        ("KAFKA_SASL_PASSWORD", "hunter22"),
        ("STRIPE_KEY", "sk_live_1"),
    ],
)
def test_a_value_of_a_secret_variable_is_replaced_by_its_name(name: str, value: str):
    assert redactor({name: value, "HOME": "/root"})(f"at /root: <{value}>") == f"at /root: <[{name}]>"


def test_a_password_in_a_url_is_replaced_and_the_rest_is_kept():
    redact = redactor({"DATABASE_URL": "postgres://orders:hunter22@db:5432/orders"})
    assert redact("postgres://orders:hunter22@db:5432/orders") == "postgres://orders:[DATABASE_URL]@db:5432/orders"


def test_each_line_of_a_secret_is_replaced():
    redact = redactor({"TLS_KEY": "-----BEGIN-----\nMIIEvQ\n-----END-----\n"})
    assert redact("got MIIEvQ") == "got [TLS_KEY]"


def test_a_secret_that_contains_another_one_is_replaced_as_a_whole():
    assert redactor({"A_TOKEN": "hunter", "B_TOKEN": "hunter22"})("hunter22 hunter") == "[B_TOKEN] [A_TOKEN]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USE_AUTH", "true"),
        ("GIT_AUTHOR_NAME", "Anna"),
        ("TOKENIZERS_PARALLELISM", "fast"),
        ("PWD", "/home"),
        ("X_TOKEN", "a"),
    ],
)
def test_a_word_that_is_no_secret_is_kept(name: str, value: str):
    assert redactor({name: value})(f"<{value}>") == f"<{value}>"
