"""Pipeline: network and registry, then streaming service and platform in parallel, then the pipes."""

from collections.abc import Mapping

from pulumi import ComponentResource, Output, ResourceOptions, log

from components.arguments import MonitoringArgs, NetworkArgs, PlatformArgs, RegistryArgs, StreamingArgs
from components.pipe import Pipe, PipeArgs
from components.settings import Settings
from components.settings_bases import adopted, made


class Pipeline(ComponentResource):
    """All resources of a stack."""

    outputs: Mapping[str, Output[object]]
    """Stack outputs: those of the services, the topics, and the partitions and replicas of each pipe."""

    def __init__(self, name: str, settings: Settings, opts: ResourceOptions | None = None) -> None:
        base = settings.base
        tags = {"data-pipes": name, **settings.tags}
        provider = base.provider(name, settings.account, tags)
        super().__init__(
            "data-pipes:index:Pipeline", name, None, ResourceOptions.merge(opts, ResourceOptions(providers=[provider]))
        )
        child = ResourceOptions(parent=self)
        for warning in settings.warnings:
            log.warn(warning, self)

        network = base.network(
            name,
            NetworkArgs(
                account=settings.account,
                settings=settings.network,
                platform=settings.platform,
                cloud_services=sorted(settings.cloud_services),
                tags=tags,
            ),
            child,
        )
        images = [*(pipe.consumer.image for pipe in settings.pipes.values()), *settings.streaming.images]
        registry = base.registry(name, RegistryArgs(network=network, images=images, protect=settings.protect), child)
        platform = settings.container_platform.component(
            name,
            PlatformArgs(
                settings=settings.platform,
                network=network,
                registry=registry,
                pipes=settings.pipes,
                system_workloads=settings.streaming.system_workloads,
                monitoring=settings.monitoring,
                protect=settings.protect,
            ),
            child,
        )
        secrets = {secret: Output.secret(value.get_secret_value()) for secret, value in settings.secrets.items()}
        streaming = settings.streaming_service.component(
            name,
            StreamingArgs(
                settings=settings.streaming,
                network=network,
                registry=registry,
                platform=platform,
                pipes=made(settings.pipes),
                existing_pipes=adopted(settings.pipes),
                secrets={key: secrets[secret] for key, secret in settings.streaming.secrets.items()},
                protect=settings.protect,
            ),
            child,
        )
        pipes = {
            pipe: Pipe(
                f"{name}-{pipe}",
                PipeArgs(
                    pipe=pipe, settings=each, streaming=streaming, platform=platform, registry=registry, secrets=secrets
                ),
                child,
            )
            for pipe, each in settings.pipes.items()
        }
        if settings.monitoring.enabled:
            base.monitoring(
                name,
                MonitoringArgs(
                    settings=settings.monitoring,
                    network=network,
                    collector=platform.collector,
                    pipes={pipe: each.watched for pipe, each in pipes.items()},
                    signals=streaming.signals,
                    rules=streaming.rules,
                    tags=tags,
                ),
                child,
            )
        self.outputs = {
            **streaming.outputs,
            **platform.outputs,
            **registry.outputs,
            "topics": Output.all(*(pipe.topic_name for pipe in pipes.values())),
            "pipes": Output.all(
                **{
                    pipe: Output.all(
                        topic=each.topic_name,
                        partitions=each.partitions,
                        replicas=each.replicas,
                        **({"paused": True} if settings.pipes[pipe].consumer.paused else {}),
                    )
                    for pipe, each in pipes.items()
                }
            ),
        }
        self.register_outputs(dict(self.outputs))
