"""Facts of the container platforms."""

from collections.abc import Mapping

from components.aws.ecs.settings import STOP_SECONDS, TASKS_PER_SERVICE
from components.aws.eks import settings as eks
from components.azure.aks import settings as aks
from components.gcp.gke import settings as gke
from workbench.choosing.facts import Fact, PlatformGuide, creation, most
from workbench.choosing.sources import (
    AKS_QUOTA,
    AKS_VERSIONS,
    AWS_PRICES,
    AZURE_PRICES,
    ECS_QUOTA,
    ECS_STOP,
    EKS_ENDS,
    EKS_QUOTA,
    EKS_VERSIONS,
    GKE_ENDS,
    GKE_PRICES,
    GKE_QUOTA,
    JUDGEMENT,
    PRODUCT_DOCS,
    PROGRAM,
)
from workbench.cloud.aws.kinds import KINDS as AWS
from workbench.cloud.azure.kinds import KINDS as AZURE
from workbench.cloud.gcp.kinds import KINDS as GCP

_KUBERNETES = Fact("low: Kubernetes", JUDGEMENT)

PLATFORMS: Mapping[str, PlatformGuide] = {
    "eks": PlatformGuide(
        complexity=Fact("most: nodes, add-ons, versions; the API is private by default", JUDGEMENT, PRODUCT_DOCS),
        creation=creation(AWS["aws:eks/cluster:Cluster"], AWS["aws:eks/nodeGroup:NodeGroup"]),
        scaling=Fact("this program: as many nodes as the replicas need; AWS with Auto Mode or Fargate", PROGRAM),
        most=Fact(f"what {most(eks.NodeSettings, 'max')} nodes hold", EKS_QUOTA),
        lock_in=_KUBERNETES,
        upgrades=Fact("you: one minor version at a time", PRODUCT_DOCS),
        retirement=Fact(
            f"1.35: 2027-03-27, then 12 months at 6 times the price; accepted: {eks.VERSIONS.versions[0]} to {eks.VERSIONS.versions[-1]}",
            EKS_ENDS,
            EKS_VERSIONS,
        ),
        billing=Fact("0.10 USD an hour, later 0.60; nodes or pods", AWS_PRICES),
    ),
    "ecs": PlatformGuide(
        complexity=Fact("least: no nodes, no versions", JUDGEMENT),
        creation=creation(AWS["aws:ecs/cluster:Cluster"]),
        scaling=Fact("AWS: a task for each replica, each with a network interface", PROGRAM),
        most=Fact(f"{TASKS_PER_SERVICE:,} tasks a pipe", ECS_QUOTA),
        lock_in=Fact("high: its own API", JUDGEMENT),
        upgrades=Fact(f"none; a task has at most {STOP_SECONDS} s to stop", ECS_STOP),
        retirement=Fact("no versions", JUDGEMENT),
        billing=Fact("vCPU and GB hours of tasks", AWS_PRICES),
    ),
    "aks": PlatformGuide(
        complexity=Fact("medium: node pools, versions; the API is private by default", JUDGEMENT, PRODUCT_DOCS),
        creation=creation(
            AZURE["azure-native:containerservice:ManagedCluster"], AZURE["azure-native:containerservice:AgentPool"]
        ),
        scaling=Fact("Azure's autoscaler, between `nodes.min` and `nodes.max`", PROGRAM),
        most=Fact(f"what {most(aks.NodeSettings, 'max'):,} nodes hold", AKS_QUOTA),
        lock_in=_KUBERNETES,
        upgrades=Fact("you: one minor version at a time; system nodes by a command", PRODUCT_DOCS),
        retirement=Fact(
            f"1.35: March 2027; accepted: {aks.VERSIONS.versions[0]} to {aks.VERSIONS.versions[-1]}", AKS_VERSIONS
        ),
        billing=Fact("0.10 USD an hour with an uptime guarantee; nodes", AZURE_PRICES),
    ),
    "gke": PlatformGuide(
        complexity=Fact("medium: a node pool; with Autopilot no nodes", JUDGEMENT, PRODUCT_DOCS),
        creation=creation(GCP["gcp:container/cluster:Cluster"], GCP["gcp:container/nodePool:NodePool"]),
        scaling=Fact("Google's autoscaler, between `nodes.min` and `nodes.max`; Autopilot: Google", PROGRAM),
        most=Fact(f"what {most(gke.NodeSettings, 'max'):,} nodes hold", GKE_QUOTA),
        lock_in=_KUBERNETES,
        upgrades=Fact("Google, by release channel, if you like in a daily window", PRODUCT_DOCS),
        retirement=Fact("1.35: 2027-04-11", GKE_ENDS),
        billing=Fact("0.10 USD an hour; nodes, or pods with Autopilot", GKE_PRICES),
    ),
}
"""Platforms by their name in the catalog."""
