"""Labels that nodes are sure to have, with their values: what consumers can choose nodes by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.section import ConfigError, unknown
from components.settings_bases import PipeSettings


@dataclass(frozen=True, kw_only=True)
class NodeLabel:
    """The values that nodes have for a label."""

    words: str
    """What they are, as a message says it: `amd64`, `a generation from 5 on`."""
    fits: Callable[[str], bool]


def one_of(*values: str) -> NodeLabel:
    """A label that has one of a few values."""
    return NodeLabel(words=either(values), fits=lambda value: value in values)


def either(values: Sequence[str]) -> str:
    """The values as a message says them: `a, b or c`."""
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def selector_errors(pipes: Mapping[str, PipeSettings], labels: Mapping[str, NodeLabel]) -> Iterator[ConfigError]:
    """Yield the labels in consumers' nodeSelector that no node will have, for which every replica would wait."""
    for name, pipe in pipes.items():
        for label, value in pipe.consumer.node_selector.items():
            text = refusal(labels, label, value)
            if text:
                yield ConfigError(path=("pipes", name, "consumer", "nodeSelector", label), text=text)


def refusal(labels: Mapping[str, NodeLabel], name: str, value: str) -> str | None:
    """Why no node is sure to have a label of that value, and which ones there are; None where one has."""
    label = labels.get(name)
    if label is None:
        return f"could leave every replica waiting: no node is sure to have this label; {unknown(name, labels)}"
    if label.fits(value):
        return None
    return (
        f"would leave every replica waiting: nodes have {label.words}, not {value!r}; name what there is, or remove it"
    )
