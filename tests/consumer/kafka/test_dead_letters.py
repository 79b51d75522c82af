"""Dead letters identify their record even if its parts are unreadable or too large."""

import itertools
from typing import Any

import pytest

from consumer.kafka.dead_letters import LEFT_OUT, LONGEST_TEXT, dead_letter_forms
from consumer.kafka.record import UnreadableHeadersError

METADATA = {"dead-letter-topic": "orders", "dead-letter-position": "41", "dead-letter-reason": "\u00e4" * 1000}
WHOLE: dict[str, Any] = {"key": b"k", "value": b"v", "headers": [("a", b"1")]}
PARTS = ("key", "value", "headers")


def record(*unreadable: str, error: BaseException = RuntimeError("x")) -> Any:
    """Return a record whose given parts raise on access."""

    def part(name: str) -> Any:
        def read(_: Any) -> Any:
            if name in unreadable:
                raise error
            return WHOLE[name]

        return property(read)

    return type("Hostile", (), {name: part(name) for name in PARTS})()


@pytest.mark.parametrize(
    "unreadable", [each for number in range(4) for each in itertools.combinations(PARTS, number)], ids="+".join
)
def test_unreadable_parts_are_left_out_and_named(unreadable):
    letter = next(dead_letter_forms(record(*unreadable), METADATA))
    for part in PARTS:
        assert (getattr(letter, part) == WHOLE[part]) == (part not in unreadable)
    assert {**letter.metadata, **METADATA} == letter.metadata
    named = {name.removeprefix("dead-letter-"): text for name, text in letter.metadata.items() if name not in METADATA}
    assert named == dict.fromkeys(unreadable, "left out: cannot be read: RuntimeError")


def test_readable_headers_are_kept():
    letter = next(dead_letter_forms(record("headers", error=UnreadableHeadersError([("a", b"1")], 2)), METADATA))
    assert letter.headers == [("a", b"1")]
    assert letter.metadata["dead-letter-headers"] == (
        "2 of 3 headers have names that are not UTF-8; these headers are left out"
    )


def test_each_form_is_smaller_and_names_the_record_and_its_omitted_parts():
    forms = list(dead_letter_forms(record(), METADATA))
    left_out = [{part for part in PARTS if letter.metadata.get(f"dead-letter-{part}") == LEFT_OUT} for letter in forms]
    assert left_out == [set(), {"value"}, {"value", "headers"}, {"value", "headers", "key"}]
    for letter, parts in zip(forms, left_out, strict=True):
        assert {part for part in PARTS if not getattr(letter, part)} == parts
        assert (letter.metadata["dead-letter-topic"], letter.metadata["dead-letter-position"]) == ("orders", "41")


def test_the_last_form_has_short_texts_without_partial_characters():
    *_, last = dead_letter_forms(record(*PARTS), METADATA)
    assert all(len(text.encode()) <= LONGEST_TEXT for text in last.metadata.values())
    assert last.metadata["dead-letter-reason"] == "\u00e4" * 127
