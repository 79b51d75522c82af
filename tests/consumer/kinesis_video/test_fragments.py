"""Parsing of GetMedia's stream into fragments."""

import io

import pytest

from consumer.aws import AwsError
from consumer.errors import ConsumerError
from consumer.kinesis_video.fragments import fragments
from tests.dataplane.matroska import CLUSTER, HEADER, TAGS, UNKNOWN, element, fragment, tags

FIRST, SECOND = fragment("1", b"a" * 300), fragment("2", b"b" * 20_000, open_cluster=True)


def read(sent, most=1_000_000):
    """Return the fragments of a stream that arrives in chunks of limited size."""
    stream = io.BytesIO(sent)
    return list(fragments(lambda size: stream.read(min(size, most))))


@pytest.mark.parametrize("most", [1, 7, 1_000_000])
def test_fragments_are_complete_with_tags_for_any_chunk_size(most):
    first, second = read(FIRST + SECOND, most)
    assert (bytes(first.data), bytes(second.data)) == (FIRST, SECOND)
    assert [each.tag("FRAGMENT_NUMBER") for each in (first, second)] == ["1", "2"]
    assert (first.tag("SERVER_TIMESTAMP"), first.tag("MILLIS_BEHIND_NOW")) == ("1767225600.5", "2500")


def test_a_fragment_is_yielded_before_the_next_one_starts():
    stream = io.BytesIO(FIRST)

    def end(size):
        more = stream.read(size)
        assert more, "it reads more than the first fragment"
        return more

    assert bytes(next(fragments(end)).data) == FIRST


@pytest.mark.parametrize("cut", [1, 30, len(SECOND) - 1])
def test_an_incomplete_last_fragment_is_dropped(cut):
    assert [each.tag("FRAGMENT_NUMBER") for each in read(FIRST + SECOND[:cut])] == ["1"]


def test_elements_before_a_fragment_are_not_part_of_it():
    assert [bytes(each.data) for each in read(element(HEADER, b"") + FIRST)] == [FIRST]


@pytest.mark.parametrize(("code", "retryable"), [("3002", True), ("4000", True), ("4500", False), ("5000", True)])
def test_an_error_in_the_stream_is_raised_after_the_fragments_before_it(code, retryable):
    found = fragments(io.BytesIO(FIRST + tags(ERROR_CODE="SOMETHING", ERROR_ID=code)).read)
    assert bytes(next(found).data) == FIRST
    with pytest.raises(AwsError, match=f"GetMedia ended the stream: {code}: SOMETHING") as error:
        next(found)
    assert (error.value.code, error.value.retryable) == (code, retryable)


def test_invalid_matroska_is_reported():
    with pytest.raises(ConsumerError, match="invalid Matroska: element 1254c367 has no size"):
        read(element(HEADER, b"") + CLUSTER + UNKNOWN + TAGS + UNKNOWN)


def with_more(elements):
    """Return the first fragment with elements right after its header."""
    header = element(HEADER, b"\x42\x82\x88matroska")
    return header + elements + FIRST.removeprefix(header)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(element(TAGS, b"\x73\x73\x90"), id="shorter than its size"),
        pytest.param(element(TAGS, b"\x00\x00"), id="a number without a length"),
        pytest.param(element(TAGS, b"\x73"), id="an id that is cut"),
    ],
)
def test_a_fragment_with_unreadable_tags_is_yielded_without_them(broken):
    first, second = read(with_more(broken) + SECOND)
    assert [each.tag("FRAGMENT_NUMBER") for each in (first, second)] == ["1", "2"]


def test_a_tag_that_is_not_utf_8_is_kept_unchanged():
    [found] = read(with_more(tags(PLACE="?").replace(b"?", b"\xe4")))
    assert found.tags["AWS_KINESISVIDEO_PLACE"] == b"\xe4"
    assert found.tag("PLACE") == "\\xe4"


def test_an_invalid_number_in_a_tag_counts_as_zero():
    [found] = read(with_more(tags(MORE="?")))
    assert (found.number("MORE"), found.number("SERVER_TIMESTAMP")) == (0.0, 1767225600.5)


def test_an_element_with_an_invalid_size_is_reported():
    with pytest.raises(ConsumerError, match="invalid Matroska: a number has more than 8 bytes"):
        read(HEADER + b"\x00")
