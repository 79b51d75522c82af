"""Takes what GetMedia sends apart into fragments: Matroska, each fragment a document of its own (Kinesis Video Streams, Data model)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from consumer.aws import AwsError
from consumer.errors import ConsumerError

LOGGER = logging.getLogger(__name__)

HEADER, SEGMENT, CLUSTER, TAGS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1254C367
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x7373, 0x67C8, 0x45A3, 0x4487
"""Elements by their ids (Matroska, Element specifications)."""

PREFIX = "AWS_KINESISVIDEO_"
"""How the names of the tags begin that Kinesis adds (Kinesis Video Streams API, GetMedia)."""

RETRYABLE_CODES = frozenset({"3002", "4000", "5000"})
"""The errors in a stream after which it can be asked for again: while writing to it, a fragment that is no longer kept, and within
Kinesis (as PREFIX)."""

LOST = "4000"
"""That of a fragment that is no longer kept."""


@dataclass(kw_only=True)
class Fragment:
    """A few seconds of video, as a Matroska document."""

    data: bytearray = field(default_factory=bytearray)
    tags: dict[str, bytes] = field(default_factory=dict[str, bytes])
    after_gap: bool = False
    """Whether fragments before it may have been deleted before they were read."""

    def tag(self, name: str) -> str:
        """What Kinesis says of the fragment under a name; empty if nothing."""
        return text(self.tags.get(PREFIX + name, b""))

    def number(self, name: str) -> float:
        """The number that Kinesis says of the fragment under a name; 0 if it says none."""
        try:
            return float(self.tag(name))
        except ValueError:
            return 0.0


def text(written: bytes) -> str:
    """What a producer wrote, whatever it is: bytes that are not UTF-8 are shown as such."""
    return written.decode(errors="backslashreplace")


class Elements:
    """Reads EBML elements, and keeps every byte of the fragment at hand."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.read = read
        self.kept = bytearray()

    def number(self, *, marker: bool) -> int | None:
        """A number of 1 to 8 bytes, with or without the bits that say how many; None for "unknown". Raises ValueError for a longer one."""
        first = self.body(1)[0]
        length = 9 - first.bit_length()
        if length > 8:
            raise ValueError("a number has more than 8 bytes")
        value = first if marker else first & ((1 << (8 - length)) - 1)
        for byte in self.body(length - 1):
            value = value << 8 | byte
        return None if not marker and value == (1 << 7 * length) - 1 else value

    def body(self, size: int) -> bytes:
        """So many bytes; EOFError where the stream ends before."""
        found = bytearray()
        while len(found) < size:
            more = self.read(size - len(found))
            if not more:
                raise EOFError
            found += more
        self.kept += found
        return bytes(found)


def fragments(read: Callable[[int], bytes]) -> Iterator[Fragment]:
    """The fragments of a stream, each as soon as it is there; what a stream that ends leaves half done is not one.

    A fragment ends with the tag that says how to go on after it. Raises AwsError for an error that Kinesis puts into the stream.
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
                continue  # what is in it comes next
            if size is None:
                raise ConsumerError(f"what GetMedia sent is no Matroska: the element {name:x} has no size")
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
        raise ConsumerError(f"what GetMedia sent is no Matroska: {error}") from None


def _tags(body: bytes) -> dict[str, bytes]:
    """The simple tags in an element, by name; those that cannot be read are left out."""
    found: dict[str, bytes] = {}
    try:
        for tag, inside in _children(body):
            for simple, pair in _children(inside) if tag == TAG else ():
                if simple == SIMPLE_TAG:
                    values = dict(_children(pair))
                    found[text(values.get(TAG_NAME, b""))] = values.get(TAG_STRING, b"")
    except (EOFError, ValueError) as error:
        LOGGER.warning("tags of a fragment cannot be read: %s", repr(error))
    return found


def _children(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements within one, by id."""
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
