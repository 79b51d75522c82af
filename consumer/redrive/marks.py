"""Which offsets are handled, kept as a committed offset with a text."""

import re
from collections.abc import Iterable, Sequence

LONGEST = 4000
"""Maximum characters of the text. Brokers accept 4,096 by default (Apache Kafka, Broker Configs,
offset.metadata.max.bytes; from memory, not read again). The rest is room for one more gap between two batches."""


def merged(ranges: Iterable[range]) -> list[range]:
    """Return the same offsets as ranges without overlap, in their order. The first range starts at 0."""
    found = [range(0)]
    for each in sorted(ranges, key=lambda each: each.start):
        if each.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, each.stop))
        else:
            found.append(each)
    return found


def encode(handled: Sequence[range]) -> tuple[int, str]:
    """Return the offset to commit, below which all are handled, and a text with the handled ones after it."""
    first, *others = handled
    return first.stop, ",".join(f"{each.start}-{each.stop - 1}" for each in others)


def decode(offset: int, text: str) -> list[range]:
    """Return the handled offsets. A negative offset means that none is committed."""
    others = (range(int(first), int(last) + 1) for first, last in re.findall(r"(\d+)-(\d+)", text))
    return merged([range(max(offset, 0)), *others])
