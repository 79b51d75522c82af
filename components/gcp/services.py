"""Google Cloud APIs that a stack uses, and their service agents."""

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
"""APIs that a stack needs for its network, registry, keys and identities."""

WITHOUT_CLUSTER = ("cloudresourcemanager", "compute", "iam", "iamcredentials", "monitoring")
"""APIs that a stack needs for its identities and alarms if its network and its cluster were there before."""

AGENTS = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "container": "container-engine-robot",
    "managedkafka": "gcp-sa-managedkafka",
    "pubsub": "gcp-sa-pubsub",
}
"""Domain of each service agent's e-mail address, by the first word of the API name (IAM, Service agents)."""


class Services(ComponentResource):
    """Enabled APIs of a stack. They stay enabled after destroy, because other stacks may use them."""

    apis: Mapping[str, Resource]
    """APIs by the first word of their names, such as pubsub. Resources of an API wait for it."""

    def __init__(self, name: str, account: Account, used: Sequence[str], opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:gcp:Services", name, None, opts)
        self.name = name
        self.account = account
        self.apis = {api: self.enabled(api) for api in sorted(set(used))}
        self._agents: dict[str, Output[str]] = {}
        self.register_outputs({})

    def enabled(self, api: str) -> Resource:
        """Enable an API, by the first word of its name."""
        return gcp.projects.Service(
            f"{self.name}-{api}",
            service=f"{api}.googleapis.com",
            disable_on_destroy=False,
            opts=ResourceOptions(parent=self),
        )

    def agent(self, service: str) -> Output[str]:
        """Return the IAM member of a service's agent.

        Google creates the agent on first request and does not always return its address.
        So the address is built from the project number.
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
