"""Finds the topic of a pipe that `pulumi import` brings under management.

With `topic: {existing: true}`, the program reads the topic. Without it, the program makes the topic. The difference between both
plans is what must be imported: the resource that the program would make, with the id of the one that it reads.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.changes import value_at
from components.kubernetes.jobs.topic import KEEP_SETTINGS
from components.settings_bases import ExistingPipeSettings, PipeSettings
from workbench.cloud.kinds import kind
from workbench.equation import Counts, descendants
from workbench.importing.state import State, key
from workbench.plan import plan
from workbench.recording.recorder import Recording
from workbench.recording.records import RecordedResource
from workbench.stack_file import PIPES, StackFile, StackFileError, read_settings

BY_NAME = frozenset(["aws:kinesis/stream:Stream"])
"""Types that `pulumi import` finds by their name. The id in the state is the ARN (terraform-provider-aws, aws_kinesis_stream, Import)."""
JOB = "kubernetes:batch/v1:Job"
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


@dataclass(frozen=True, kw_only=True)
class JobTopic:
    """A topic that a Job would make, and the existing one that it checks now. There is nothing to import."""

    name: str
    """Name that the program gives the topic."""
    read: str
    """Name of the existing topic."""
    keeps_settings: bool
    """Whether the Job only checks the settings of the topic: the service has another owner."""


@dataclass(frozen=True, kw_only=True)
class Imports:
    """What to import for a pipe."""

    topics: Sequence[Import] = ()
    job: JobTopic | None = None
    """The topic of the pipe if a Job makes it."""


@dataclass(frozen=True, kw_only=True)
class MadeTopic:
    """A topic that the program would make, and the existing one that it reads now."""

    made: RecordedResource
    read: RecordedResource | None
    """None if the program only looks the topic up, so it is not in the state."""
    ids: Sequence[str]
    """Ids of the existing topics of this type."""

    @property
    def name(self) -> str:
        """Return the name that the program gives the topic in the cloud: the last part of its id."""
        return _last_part(kind(self.made.type).identifier(self.made.name, self.made.inputs))


def imports(stack_file: StackFile, pipe: str, state: State | None) -> Imports:
    """Return what to import for a pipe. No topics if a Job makes the topic, so it is no resource.

    Raises:
        StackFileError: The stack has no such pipe, or its topic cannot be imported.
        SettingsError: The settings are wrong, with or without `topic.existing`.
        ImportingError: There is no state, or it does not have the existing topic, or it has the imported one.
    """
    settings = read_settings(stack_file)
    _check(stack_file, pipe, settings.pipes)
    present, wanted = plan(stack_file).recording, plan(without_existing(stack_file, pipe)).recording
    job = _job_topic(present, wanted, pipe)
    if job:
        _check_name(stack_file, pipe, job.name, [job.read])
        return Imports(job=job)
    topics = made_topics(present, wanted, pipe)
    for topic in topics:
        _check_name(stack_file, pipe, topic.name, [_last_part(each) for each in topic.ids])
    if state is None:
        raise ImportingError(
            f"{stack_file.stack}: the state of the stack, which has the ids, was not found. Run pulumi up with topic.existing and pulumi login, "
            f"then this command again. Or write the state to a file and use --state FILE: pulumi stack export --stack {stack_file.stack} --file FILE"
        )
    return Imports(topics=[_import(topic, state, Counts.of(settings), stack_file.stack) for topic in topics])


def without_existing(stack_file: StackFile, pipe: str) -> StackFile:
    """Return the stack file without `topic.existing`: the program makes the topic."""
    pipes: Mapping[str, Any] = stack_file.config[PIPES]
    topic = {name: value for name, value in pipes[pipe]["topic"].items() if name not in ("existing", "name")}
    return stack_file.with_config(PIPES, {**pipes, pipe: {"parallelism": 1, **pipes[pipe], "topic": topic}})


def _check(stack_file: StackFile, pipe: str, pipes: Mapping[str, PipeSettings]) -> None:
    """Refuse a pipe that is not in the file, or whose topic is made."""
    if pipe not in pipes:
        near = difflib.get_close_matches(pipe, pipes, n=1)
        fix = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(pipes)}."
        raise StackFileError(f"{stack_file.source}: pipes: has no pipe {pipe!r}. {fix}")
    if not isinstance(pipes[pipe], ExistingPipeSettings):
        raise StackFileError(
            f"{stack_file.source}: pipes.{pipe}.topic.existing: must be true for a topic to import, got nothing (the program makes this topic, so "
            "it manages it already). Set it to true and deploy the stack, or import nothing."
        )


def _check_name(stack_file: StackFile, pipe: str, name: str, read: Sequence[str]) -> None:
    """Refuse an existing topic with another name than the program would give it."""
    if name not in read:
        raise StackFileError(
            f"{stack_file.source}: pipes.{pipe}.topic.name: must be {name} for a topic to import, got {read[0]} (the program names the topics that "
            "it manages). Keep topic.existing, or move to a topic with that name (docs/changing.md)."
        )


def _job_topic(present: Recording, wanted: Recording, pipe: str) -> JobTopic | None:
    """Return the topic of a pipe that a Job checks in the present plan and makes in the other. None if its topic is a resource."""
    made = {each.urn: _variables_of(each) for each in descendants(wanted)[pipe] if each.type == JOB}
    for each in descendants(present)[pipe]:
        if each.type == JOB and "TOPIC_EXISTING" in (read := _variables_of(each)):
            return JobTopic(
                name=made[each.urn]["STREAM_TOPIC"],
                read=read["STREAM_TOPIC"],
                keeps_settings=KEEP_SETTINGS in made[each.urn],
            )
    return None


def _variables_of(job: RecordedResource) -> Mapping[str, Any]:
    """Return the plain environment variables of a Job."""
    [container] = job.input("spec.template.spec.containers")
    return {each["name"]: each["value"] for each in container["env"]}


def made_topics(present: Recording, wanted: Recording, pipe: str) -> Sequence[MadeTopic]:
    """Compare the plans of a pipe with and without `topic.existing`. Return the topics that are resources."""
    ids = defaultdict[str, list[str]](list)
    for each in present.adopted:
        ids[each.type].append(each.id)
    before, after = descendants(present)[pipe], descendants(wanted)[pipe]
    known = {each.urn for each in before}
    return [
        MadeTopic(
            made=made,
            read=next((each for each in before if each.external and each.type == made.type), None),
            ids=ids[made.type],
        )
        for made in after
        if made.custom and not made.external and made.urn not in known and made.type in ids
    ]


def _last_part(identifier: str) -> str:
    return re.split("[,/]", identifier)[-1]


def _import(topic: MadeTopic, state: State, counts: Counts, stack: str) -> Import:
    """Return how to import a topic. What depends on the deployed stack is in its state."""
    made, read = topic.made, topic.read
    parent, provider = made.parent or "", made.provider or ""
    if key(made.urn) in state:
        raise ImportingError(
            f"{stack}: the topic is already in the state of the stack, as {made.name}. Remove existing from the stack file, and run pulumi preview."
        )
    missing = next((urn for urn in (parent, provider, *([read.urn] if read else [])) if key(urn) not in state), None)
    if missing:
        name = key(missing)[1]
        raise ImportingError(
            f"{stack}: the state of the stack does not have {name}. Run pulumi up with topic.existing first."
        )
    found = state[key(read.urn)] if read else {"id": _named(topic)}
    count = counts.partitions.get(made.type)
    number = value_at(found.get("outputs", {}), count.property_path) if count and count.property_path else None
    return Import(
        type=made.type,
        name=made.name,
        id=topic.name if made.type in BY_NAME else found["id"],
        parent=state[key(parent)]["urn"],
        provider=state[key(provider)]["urn"],
        variables=_variables(found, state, stack) if made.type == KAFKA_TOPIC else (),
        partitions=int(number) if isinstance(number, int | float | str) else None,
    )


def _named(topic: MadeTopic) -> str:
    """Return the id of a topic that is only looked up. It consists of names in the stack file."""
    return next(each for each in topic.ids if _last_part(each) == topic.name)


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


def steps(pipe: str, found: Imports) -> Iterator[str]:
    """Yield what the user does next."""
    job = found.job
    if job:
        yield f"{pipe}: nothing to import. A Job makes the topics of this service, and it accepts a topic that is there."
        yield (
            f"1. In pipes.{pipe}, remove topic.existing, set parallelism to the topic's number of partitions, and set the topic's present settings."
        )
        yield "2. Run pulumi up. " + (
            "The Job only checks the settings, because the Kafka has another owner. If one differs, it ends with both values and changes nothing."
            if job.keeps_settings
            else "The Job then sets the settings of the stack file. A setting that is not in the file returns to the default of the service."
        )
        return
    number = next((topic.partitions for topic in found.topics if topic.partitions is not None), None)
    parallelism = f"set parallelism to {number}" if number else "set parallelism to the topic's number of partitions"
    yield "1. Run the commands. They only write to the state of the stack."
    yield f"2. In pipes.{pipe}, remove topic.existing, {parallelism}, and set the topic's present settings."
    yield "3. Run pulumi preview --diff. If it shows a change of the topic, set that setting to its present value, and preview again."
