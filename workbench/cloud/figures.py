"""What every resource type is drawn as."""

import re
from collections.abc import Mapping

from workbench.cloud.aws import figures as aws
from workbench.cloud.azure import figures as azure
from workbench.cloud.confluent import figures as confluent
from workbench.cloud.figure import Figure, Role
from workbench.cloud.gcp import figures as gcp
from workbench.cloud.kubernetes import figures as kubernetes

FIGURES: Mapping[str, Figure] = {
    **aws.FIGURES,
    **azure.FIGURES,
    **confluent.FIGURES,
    **gcp.FIGURES,
    **kubernetes.FIGURES,
    "random:index/randomPassword:RandomPassword": Figure(Role.SECRET, "generated password"),
    "random:index/randomString:RandomString": Figure(Role.DETAIL, "generated suffix"),
}


def figure(type_token: str) -> Figure:
    """Return what a type is drawn as. A type that is missing in the tables is a detail with the words of its name."""
    known = FIGURES.get(type_token)
    if known is not None:
        return known
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type_token.rsplit(":", 1)[-1])
    return Figure(Role.DETAIL, words)
