"""Rules between the sections of a stack file."""

from collections.abc import Collection, Iterator, Mapping

from components.catalog import Cloud
from components.consumer import no_secret
from components.monitoring.settings import MonitoringSettings
from components.section import ConfigError
from components.service import ContainerPlatform, StreamingService
from components.settings_bases import NOT_SET, AccountSettings, PipeSettings, ServiceSettings, adopted, made


def name_errors(account: type[AccountSettings], name: str, tags: Mapping[str, str]) -> Iterator[ConfigError]:
    """Yield a name and tags that the cloud rejects, and tags that the program sets itself."""
    try:
        account.stack_name.check(name)
    except ValueError as error:
        yield ConfigError(path=("name",), text=f"{error} Choose another name, and never change it.")
    if len(tags) > account.most_tags:
        text = f"must have at most {account.most_tags} entries, got {len(tags)} (some resources accept no more). Remove some."
        yield ConfigError(path=("tags",), text=text)
    for tag, value in tags.items():
        try:
            account.tag_name.check(tag)
            account.tag_value.check(value)
        except ValueError as error:
            yield ConfigError(path=("tags", tag), text=str(error))


def secret_errors(
    pipes: Mapping[str, PipeSettings], streaming: ServiceSettings | None, secrets: Collection[str]
) -> Iterator[ConfigError]:
    """Yield secrets that are used and do not exist, and other errors of the consumers' sections."""
    own: Mapping[str, str] = streaming.secrets if streaming else {}
    for key, secret in own.items():
        if secret not in secrets:
            yield ConfigError(path=("streaming", *key.split(".")), text=no_secret(secret))
    for name, pipe in pipes.items():
        found = pipe.consumer.config_errors(
            known=frozenset(secrets),
            reserved=frozenset(own.values()),
            record_bytes=pipe.expect.bytes if pipe.expect else None,
        )
        yield from (error.under("pipes", name, "consumer") for error in found)


def pair_errors(
    cloud: Cloud, service: StreamingService, streaming: str, platform: ServiceSettings
) -> Iterator[ConfigError]:
    """Yield a streaming service whose topics cannot be read from the platform."""
    refusals, name = service.refused_on, platform.service
    if name in refusals:
        able = " or ".join(each for each in cloud.platforms if each not in refusals)
        text = f"{streaming} is not available on {name}: {refusals[name]}. Set platform.service to {able}."
        yield ConfigError(path=("streaming", "service"), text=text)
    elif service.in_place and "existing" not in type(platform).model_fields:
        text = (
            f"is not available on a new {name} cluster (this {streaming} is in the cluster of the platform, so that was there before too). Set "
            "platform.existing, or remove it."
        )
        yield ConfigError(path=("streaming", "existing"), text=text)


def topic_errors(pipes: Mapping[str, PipeSettings], service: StreamingService, stack: str) -> Iterator[ConfigError]:
    """Yield existing topics that another pipe of the stack makes, so they are not there before the first deployment."""
    makers = {f"{stack}-{name}" if service.prefixes_topics else name: name for name in made(pipes)}
    for name, pipe in adopted(pipes).items():
        topic = pipe.topic.name or name
        if topic in makers:
            text = (
                f"must be a topic that was there before, got {topic!r} (the pipe {makers[topic]} makes it). Correct the name, or read the topic "
                "from another stack."
            )
            yield ConfigError(path=("pipes", name, "topic", "name" if pipe.topic.name else "existing"), text=text)


def alarm_errors(
    pipes: Mapping[str, PipeSettings],
    streaming: ServiceSettings | None,
    monitoring: MonitoringSettings | None,
    account: AccountSettings | None,
) -> Iterator[ConfigError]:
    """Yield limits without an alarm, that cannot be measured, or that are reached only after records are lost."""
    if monitoring and monitoring.enabled:
        yield from (error.under("monitoring") for error in monitoring.config_errors(account))
    shortest = streaming.age_resolution if streaming else 1
    for name, pipe in pipes.items():
        path = ("pipes", name, "alarms")
        age, kept = pipe.alarms.age_minutes, pipe.kept_minutes
        if monitoring and not monitoring.enabled and pipe.alarms.model_fields_set:
            text = "must not be set while monitoring.enabled is false (there is no alarm). Remove it."
            yield ConfigError(path=path, text=text)
        if streaming and not streaming.counts_unread and pipe.alarms.unread_records is not None:
            text = f"has no effect on {streaming.service} (its alarm is on the age of unread records). Remove it, or set ageMinutes."
            yield ConfigError(path=(*path, "unreadRecords"), text=text)
        if age < shortest:
            text = f"must be at least {shortest} (the service does not measure shorter times), got {age}. Raise it."
            yield ConfigError(path=(*path, "ageMinutes"), text=text)
        if kept is not None and age >= kept:
            text = (
                f"must be less than the {kept} minutes that the topic keeps records, got {age} (the alarm would be too late). Lower it, "
                "or raise the topic's retention."
            )
            yield ConfigError(path=(*path, "ageMinutes"), text=text)


def replica_errors(pipes: Mapping[str, PipeSettings], entry: ContainerPlatform, platform: str) -> Iterator[ConfigError]:
    """Yield pipes without parallelism if the nodes of the platform are sized by it."""
    for name, pipe in pipes.items():
        if entry.sized and pipe.parallelism == NOT_SET:
            text = f"is required on a new {platform} cluster (its nodes are sized by it). Set it to the number of partitions of the topic."
            yield ConfigError(path=("pipes", name, "parallelism"), text=text)


def image_errors(pipes: Mapping[str, PipeSettings], streaming: ServiceSettings | None) -> Iterator[ConfigError]:
    """Yield images in the stack's own registry, for a stack that has none."""
    used = [(("pipes", name, "consumer", "image"), pipe.consumer.image) for name, pipe in pipes.items()]
    used += [(("streaming", "topicImage"), image) for image in (streaming.images if streaming else ())]
    for path, image in used:
        if image[0] in ":@":
            text = (
                f"must be a full reference such as registry.example.com/consumer:1.0.0, got {image!r} (a stack on an existing platform has "
                "no registry of its own). Push the image to your registry, and set its full reference."
            )
            yield ConfigError(path=path, text=text)
