"""The APIs of Google Cloud that a stack calls, and the agents that their services act as."""

from collections.abc import Mapping, Sequence

import pulumi_gcp as gcp
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.gcp.account import Account

ALWAYS = (
    "artifactregistry",
    "cloudkms",
    "cloudresourcemanager",
    "compute",
    "containerscanning",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
)
"""What the network, the registry, the keys and every identity need."""

AGENTS = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "container": "container-engine-robot",
    "managedkafka": "gcp-sa-managedkafka",
    "pubsub": "gcp-sa-pubsub",
}
"""Where the agents of services have their addresses, by the first word of the service's API (IAM, Service agents)."""


class Services(ComponentResource):
    """The APIs that a stack calls, switched on in its project and left on when it goes, since others may call them too."""

    apis: Mapping[str, Resource]
    """Each API by the first word of its name, such as pubsub: what is made with an API waits for it."""

    def __init__(self, name: str, account: Account, called: Sequence[str], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Services", name, None, opts)
        self.name = name
        self.account = account
        self.apis = {
            api: gcp.projects.Service(
                f"{name}-{api}",
                service=f"{api}.googleapis.com",
                disable_on_destroy=False,
                opts=ResourceOptions(parent=self),
            )
            for api in sorted({*ALWAYS, *called})
        }
        self._agents: dict[str, Output[str]] = {}
        self.register_outputs({})

    def agent(self, service: str) -> Output[str]:
        """The member that a service acts as on the stack's behalf, such as pubsub's.

        Google makes it when it is first asked for, and does not always say its address then, which is known beforehand.
        """
        if service not in self._agents:
            identity = gcp.projects.ServiceIdentity(
                f"{self.name}-{service}-agent",
                service=f"{service}.googleapis.com",
                opts=ResourceOptions(parent=self, depends_on=[self.apis[service]]),
            )
            self._agents[service] = Output.all(self.account.number, identity.id).apply(
                lambda known: f"serviceAccount:service-{known[0]}@{AGENTS[service]}.iam.gserviceaccount.com"
            )
        return self._agents[service]
