"""Parser for the stream of GetMedia: each fragment is a Matroska document (Kinesis Video Streams, Data model)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from consumer.aws import AwsError
from consumer.errors import ConsumerError

LOGGER = logging.getLogger(__name__)

HEADER, SEGMENT, CLUSTER, TAGS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1254C367
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
"""Element IDs (Matroska, Element specifications)."""

PREFIX = "AWS_KINESISVIDEO_"
"""Prefix of the tags that Kinesis adds (Kinesis Video Streams API, GetMedia)."""

RETRYABLE_CODES = frozenset({"3002", "4000", "5000"})
"""Errors inside a stream after which a new request can succeed: a write to the stream in progress, a fragment that is
no longer kept, and an internal Kinesis error (source as for PREFIX)."""

NO_LONGER_KEPT = "4000"
"""Error for a fragment that is no longer kept."""


@dataclass(kw_only=True)
class Fragment:
    """A few seconds of video, as a Matroska document."""

    data: bytearray = field(default_factory=bytearray)
    tags: dict[str, bytes] = field(default_factory=dict[str, bytes])
    after_gap: bool = False
    """Whether earlier fragments may have been deleted before they were read."""

    def tag(self, name: str) -> str:
        """Return the value of a Kinesis tag. Empty if the fragment does not have it."""
        return text(self.tags.get(PREFIX + name, b""))

    def number(self, name: str) -> float:
        """Return the numeric value of a Kinesis tag. 0 if it is missing or not a number."""
        try:
            return float(self.tag(name))
        except ValueError:
            return 0.0


def text(written: bytes) -> str:
    """Decode text from a producer. Bytes that are not UTF-8 are escaped."""
    return written.decode(errors="backslashreplace")


class Elements:
    """Reader of EBML elements that keeps all bytes of the current fragment."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read
        self.kept = bytearray()

    def number(self, *, marker: bool) -> int | None:
        """Return a number of 1 to 8 bytes, with or without its length marker.

        None for "unknown". Raises ValueError if it is longer.
        """
        first = self.body(1)[0]
        length = 9 - first.bit_length()
        if length > 8:
            raise ValueError("a number has more than 8 bytes")
        value = first if marker else first & ((1 << (8 - length)) - 1)
        for byte in self.body(length - 1):
            value = value << 8 | byte
        return None if not marker and value == (1 << 7 * length) - 1 else value

    def body(self, size: int) -> bytes:
        """Return that many bytes. Raises EOFError if the stream ends earlier."""
        found = bytearray()
        while len(found) < size:
            more = self.read(size - len(found))
            if not more:
                raise EOFError
            found += more
        self.kept += found
        return bytes(found)


def fragments(read: Callable[[int], bytes]) -> Iterator[Fragment]:
    """Yield each fragment when it is complete. An incomplete fragment at the end is dropped.

    A fragment ends with the tag that holds the continuation token. Raises AwsError for an error inside the stream.
    """
    elements = Elements(read)
    fragment = Fragment()
    try:
        while True:
            start = len(elements.kept)
            name, size = elements.number(marker=True), elements.number(marker=False)
            if name == HEADER:
                fragment = Fragment()
                del elements.kept[:start]
            if name == SEGMENT or (name == CLUSTER and size is None):
                continue  # its children follow
            if size is None:
                raise ConsumerError(f"GetMedia returned invalid Matroska: element {name:x} has no size")
            body = elements.body(size)
            if name != TAGS:
                continue
            fragment.tags |= _tags(body)
            if fragment.tag("ERROR_ID"):
                raise _error(fragment)
            if fragment.tag("CONTINUATION_TOKEN"):
                fragment.data = elements.kept
                yield fragment
                elements.kept, fragment = bytearray(), Fragment()
    except EOFError:
        return
    except ValueError as error:
        raise ConsumerError(f"GetMedia returned invalid Matroska: {error}") from None


def _tags(body: bytes) -> dict[str, bytes]:
    """Return the simple tags of an element, by name. Unreadable tags are skipped."""
    found: dict[str, bytes] = {}
    try:
        for tag, inside in _children(body):
            for simple, pair in _children(inside) if tag == TAG else ():
                if simple == SIMPLE_TAG:
                    values = dict(_children(pair))
                    found[text(values.get(TAG_NAME, b""))] = values.get(TAG_STRING, b"")
    except (EOFError, ValueError) as error:
        LOGGER.warning("cannot read the tags of a fragment: %s", repr(error))
    return found


def _children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the child elements, with their IDs."""
    rest = bytearray(body)

    def read(size: int) -> bytes:
        taken = bytes(rest[:size])
        del rest[:size]
        return taken

    elements = Elements(read)
    while rest:
        name, size = elements.number(marker=True), elements.number(marker=False)
        yield name or 0, elements.body(size or 0)


def _error(fragment: Fragment) -> AwsError:
    code, name = fragment.tag("ERROR_ID"), fragment.tag("ERROR_CODE")
    return AwsError(f"GetMedia ended the stream: {code}: {name}", code=code, retryable=code in RETRYABLE_CODES)
