"""Node labels with known values, which consumers can use in nodeSelector."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.section import ConfigError, unknown
from components.settings_bases import PipeSettings


@dataclass(frozen=True, kw_only=True)
class NodeLabel:
    """Values of one label on the nodes."""

    words: str
    """The values in words, for messages: `amd64`, `a generation from 5 on`."""
    fits: Callable[[str], bool]


def one_of(*values: str) -> NodeLabel:
    """Return a label that has one of the given values."""
    return NodeLabel(words=either(values), fits=lambda value: value in values)


def either(values: Sequence[str]) -> str:
    """Return the values as a list for messages: `a, b or c`."""
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def selector_errors(pipes: Mapping[str, PipeSettings], labels: Mapping[str, NodeLabel]) -> Iterator[ConfigError]:
    """Yield the labels in nodeSelector that no node has. Replicas with such a label stay pending."""
    for name, pipe in pipes.items():
        for label, value in pipe.consumer.node_selector.items():
            text = refusal(labels, label, value)
            if text:
                yield ConfigError(path=("pipes", name, "consumer", "nodeSelector", label), text=text)


def refusal(labels: Mapping[str, NodeLabel], name: str, value: str) -> str | None:
    """Return why no node may have this label and value. None if some nodes have it."""
    label = labels.get(name)
    if label is None:
        return f"must be a label that nodes have (with others, replicas can stay pending). {unknown(name, labels)}"
    if label.fits(value):
        return None
    return f"must be {label.words}, got {value!r} (no node has this value, so replicas stay pending). Use an existing value, or remove the label."
