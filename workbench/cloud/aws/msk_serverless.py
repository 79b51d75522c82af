"""Simulated AWS: MSK Serverless. Times and rules are explained in kinds.py."""

from collections.abc import Mapping
from typing import Any

from workbench.cloud.aws import existing_streams
from workbench.cloud.aws.outputs import arn, region_of
from workbench.cloud.model import Inputs, ResourceModel, digits, text, uuid_of


def _serverless_id(name: str, inputs: Inputs) -> str:
    """Return a serverless cluster's id: its ARN."""
    return arn("kafka", f"cluster/{text(inputs, 'clusterName', name)}/{uuid_of(name)}-s1", inputs)


def _serverless(id_: str, _name: str, inputs: Inputs) -> Mapping[str, Any]:
    """Return the outputs of a serverless cluster. It has one bootstrap name and supports only IAM."""
    return {
        "arn": id_,
        "clusterUuid": id_.rsplit("/", 1)[-1],
        "bootstrapBrokersSaslIam": f"boot-{digits(id_, 8)}.c1.kafka-serverless.{region_of(inputs)}.amazonaws.com:9098",
    }


MSK_SERVERLESS: Mapping[str, ResourceModel] = {
    "aws:msk/serverlessCluster:ServerlessCluster": ResourceModel(
        holds_data=True,
        create_minutes=10,
        delete_minutes=5,
        source="common use, no log found: 5 to 20 min (READMEs), 10 taken; deleted in about 5 min",
        identifier=_serverless_id,
        outputs=_serverless,
        existing=existing_streams.msk_serverless,
        replace_on=frozenset({"clientAuthentication", "clusterName", "vpcConfigs"}),
        unique=("clusterName",),
        name_property="clusterName",
    ),
}
