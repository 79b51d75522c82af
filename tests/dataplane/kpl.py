"""Writes KPL aggregates byte by byte, without the consumer's code (KPL, aggregation-format.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5

MAGIC = bytes.fromhex("f3899ac2")


@dataclass(frozen=True)
class Written:
    """User record to write."""

    key: str
    data: bytes
    hash_key: int | None = None


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def text(number: int, content: bytes) -> bytes:
    """Return a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def index(number: int, value: int) -> bytes:
    """Return a varint field."""
    return varint(number << 3) + varint(value)


def sealed(message: bytes) -> bytes:
    return MAGIC + message + md5(message).digest()


def aggregate(*written: Written, more: bytes = b"") -> bytes:
    """Return an aggregate of user records. Each key is in its table once."""
    keys = list(dict.fromkeys(each.key for each in written))
    hash_keys = list(dict.fromkeys(each.hash_key for each in written if each.hash_key is not None))
    message = b"".join(text(1, key.encode()) for key in keys)
    message += b"".join(text(2, str(key).encode()) for key in hash_keys)
    for each in written:
        record = index(1, keys.index(each.key))
        record += index(2, hash_keys.index(each.hash_key)) if each.hash_key is not None else b""
        message += text(3, record + text(3, each.data))
    return sealed(message + more)


def hash_key(key: str) -> int:
    return int(md5(key.encode()).hexdigest(), 16)


def keys(wanted: range, number: int) -> Sequence[str]:
    """Return the first keys whose hash keys are in a range."""
    found = (f"key-{each}" for each in range(10_000) if hash_key(f"key-{each}") in wanted)
    return [next(found) for _ in range(number)]
