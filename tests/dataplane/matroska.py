"""Writes Matroska fragments with the tags of Kinesis Video."""

HEADER, SEGMENT, CLUSTER, BLOCK = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xa3"
TAGS, TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING = b"\x12\x54\xc3\x67", b"\x73\x73", b"\x67\xc8", b"\x45\xa3", b"\x44\x87"
UNKNOWN = b"\x01" + b"\xff" * 7


def element(name: bytes, body: bytes) -> bytes:
    """Return an element with the shortest encoding of its size."""
    length = next(length for length in range(1, 9) if len(body) < (1 << 7 * length) - 1)
    return name + (len(body) | 1 << 7 * length).to_bytes(length, "big") + body


def tags(**values: str) -> bytes:
    """Return an element with tags that have Kinesis' prefix."""
    pairs = (
        element(TAG_NAME, f"AWS_KINESISVIDEO_{name}".encode()) + element(TAG_STRING, value.encode())
        for name, value in values.items()
    )
    return element(TAGS, element(TAG, b"".join(element(SIMPLE_TAG, pair) for pair in pairs)))


def fragment(number: str, frames: bytes, *, open_cluster: bool = False) -> bytes:
    """Return a fragment as GetMedia sends it: tags with its number, frames, and tags with the continuation token."""
    said = tags(FRAGMENT_NUMBER=number, SERVER_TIMESTAMP="1767225600.5", PRODUCER_TIMESTAMP="1767225600.25")
    block = element(BLOCK, frames)
    cluster = CLUSTER + UNKNOWN + block if open_cluster else element(CLUSTER, block)
    end = tags(MILLIS_BEHIND_NOW="2500", CONTINUATION_TOKEN=number)
    return element(HEADER, b"\x42\x82\x88matroska") + SEGMENT + UNKNOWN + said + cluster + end
