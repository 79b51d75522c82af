"""Finds the topic of a pipe that `pulumi import` brings under management.

With `topic: {existing: true}`, the program reads the topic. Without it, the program makes the topic. The difference between both
plans is what must be imported: the resource that the program would make, with the id of the one that it reads.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.changes import value_at
from components.settings_bases import ExistingPipeSettings
from workbench.equation import Counts, descendants
from workbench.importing.state import State, key
from workbench.plan import plan
from workbench.recording.records import RecordedResource
from workbench.stack_file import PIPES, StackFile, StackFileError, read_settings

ID = "ID"
"""Stands for an id that is not known without the state."""
KAFKA_TOPIC = "confluentcloud:index/kafkaTopic:KafkaTopic"
API_KEY = "confluentcloud:index/apiKey:ApiKey"


class ImportingError(Exception):
    """The topic cannot be imported. The message has the reason and the fix."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One topic, and how `pulumi import` finds it."""

    type: str
    name: str
    id: str
    parent: str
    """URN of the component of the topic."""
    provider: str
    """URN of the provider."""
    variables: Sequence[str] = ()
    """Shell commands that set the variables which the provider needs to find the topic."""
    partitions: int | None = None
    """The topic's number of partitions. None if the state has none."""

    def commands(self, stack: str) -> Iterator[str]:
        """Yield the shell commands. The topic is protected, so an `up` before `existing` is removed cannot delete it."""
        yield from self.variables
        yield shlex.join(
            [
                *("pulumi", "import", "--stack", stack, "--generate-code=false"),
                *("--parent", f"topic={self.parent}", "--provider", f"provider={self.provider}"),
                *(self.type, self.name, self.id),
            ]
        )


def imports(stack_file: StackFile, pipe: str, state: State | None) -> Sequence[Import]:
    """Return what to import for a pipe. Nothing if the topic of its service is no resource of its own.

    Raises:
        StackFileError: The stack has no such pipe, or its topic cannot be imported.
        SettingsError: The settings are wrong, with or without `topic.existing`.
        ImportingError: The state does not have the existing topic, or it has the imported one.
    """
    _check(stack_file, pipe)
    counts = Counts.of(read_settings(stack_file))
    read = _topics(stack_file, pipe)
    made = _topics(without_existing(stack_file, pipe), pipe)
    pairs = [
        (old, new)
        for old in read
        if old.external and old.urn not in {each.urn for each in made}
        for new in made
        if new.type == old.type and not new.external and new.urn not in {each.urn for each in read}
    ]
    return [_import(old, new, state, counts, stack_file.stack) for old, new in pairs]


def _check(stack_file: StackFile, pipe: str) -> None:
    """Refuse a pipe that is not in the file, whose topic is made, or whose topic has a name that the program would not give it."""
    pipes = read_settings(stack_file).pipes
    if pipe not in pipes:
        near = difflib.get_close_matches(pipe, pipes, n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(pipes)}."
        raise StackFileError(f"{stack_file.source}: pipes: has no pipe {pipe!r}. {fix}")
    settings = pipes[pipe]
    where = f"{stack_file.source}: pipes.{pipe}.topic"
    if not isinstance(settings, ExistingPipeSettings):
        raise StackFileError(
            f"{where}.existing: must be true for a topic to import, got nothing (the program makes this topic, so it manages it already). "
            "Set it to true and deploy the stack, or import nothing."
        )
    name = getattr(getattr(settings, "topic", None), "name", None)
    if name not in (None, pipe):
        raise StackFileError(
            f"{where}.name: must be {pipe} for a topic to import, got {name} (the program gives a topic the name of its pipe). "
            f"Keep topic.existing, or read the topic in a pipe with the name {name} and import it there."
        )


def without_existing(stack_file: StackFile, pipe: str) -> StackFile:
    """Return the stack file without `topic.existing`: the program makes the topic."""
    pipes: Mapping[str, Any] = stack_file.config[PIPES]
    topic = {name: value for name, value in pipes[pipe]["topic"].items() if name not in ("existing", "name")}
    return stack_file.with_config(PIPES, {**pipes, pipe: {"parallelism": 1, **pipes[pipe], "topic": topic}})


def _topics(stack_file: StackFile, pipe: str) -> Sequence[RecordedResource]:
    """Return the resources of a pipe that hold no other resources."""
    return [each for each in descendants(plan(stack_file, preview=True).recording)[pipe] if each.custom]


def _import(old: RecordedResource, new: RecordedResource, state: State | None, counts: Counts, stack: str) -> Import:
    """Return how to import a resource. What depends on the deployed stack is in its state."""
    if state is None:
        return Import(type=new.type, name=new.name, id=ID, parent=new.parent or "", provider=new.provider or "")
    if key(new.urn) in state:
        raise ImportingError(
            f"{stack}: the topic is already in the state of the stack, as {new.name}. Remove existing from the stack file, and run pulumi preview."
        )
    found = state.get(key(old.urn))
    if found is None:
        raise ImportingError(
            f"{stack}: the state of the stack does not have {old.name}, the existing topic. Run pulumi up with topic.existing first."
        )
    count = counts.partitions.get(old.type)
    number = value_at(found.get("outputs", {}), count.property_path) if count and count.property_path else None
    return Import(
        type=new.type,
        name=new.name,
        id=found["id"],
        parent=found["parent"],
        provider=found["provider"].rpartition("::")[0],
        variables=_variables(found, state, stack) if new.type == KAFKA_TOPIC else (),
        partitions=int(number) if number is not None else None,
    )


def _variables(topic: Mapping[str, Any], state: State, stack: str) -> Sequence[str]:
    """Return commands that set the variables of Confluent's provider (Confluent provider, KafkaTopic, Import; read 2026-11-30).

    The key is the one that the program uses for its topics, so that the next preview shows no other key. Its secret is read from the
    state when the command runs, and is not shown.
    """
    endpoint = topic["outputs"]["restEndpoint"]
    manager = next(each for each in state.values() if each["type"] == API_KEY and each["urn"].endswith("-manager"))
    script = (
        "import json, sys; "
        "print(next(json.loads(each['outputs']['secret']['plaintext']) "
        f"for each in json.load(sys.stdin)['deployment']['resources'] if each['urn'] == {manager['urn']!r}))"
    )
    secret = f"pulumi stack export --stack {shlex.quote(stack)} --show-secrets | python3 -c {shlex.quote(script)}"
    return [
        f"export IMPORT_KAFKA_REST_ENDPOINT={shlex.quote(endpoint)}",
        f"export IMPORT_KAFKA_API_KEY={shlex.quote(manager['id'])}",
        f'export IMPORT_KAFKA_API_SECRET="$({secret})"',
    ]


def steps(stack: str, pipe: str, topics: Sequence[Import], *, deployed: bool) -> Iterator[str]:
    """Yield what the user does next."""
    if not topics:
        yield (
            f"{pipe}: nothing to import. A Job makes the topics of this service, and it accepts a topic that is there. Remove existing from the "
            "stack file, set parallelism to the topic's number of partitions, and run pulumi up."
        )
        return
    if not deployed:
        yield (
            f"{ID} is in the state of the stack, which was not found. Run pulumi up with topic.existing and pulumi login, then this command again. "
            f"Or write the state to a file and use --state FILE: pulumi stack export --stack {stack} --file FILE"
        )
    number = next((topic.partitions for topic in topics if topic.partitions is not None), None)
    parallelism = f"set parallelism to {number}" if number else "set parallelism to the topic's number of partitions"
    yield "1. Run the commands. They only write to the state of the stack."
    yield f"2. In pipes.{pipe}, remove topic.existing, {parallelism}, and set the topic's present settings."
    yield "3. Run pulumi preview --diff. If it shows a change of the topic, set that setting to its present value, and preview again."
