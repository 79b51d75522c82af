"""What Confluent Cloud resources are drawn as."""

from collections.abc import Mapping

from workbench.cloud.figure import Figure, Role, right

FIGURES: Mapping[str, Figure] = {
    "confluentcloud:index/apiKey:ApiKey": Figure(Role.SECRET, "API key"),
    "confluentcloud:index/environment:Environment": Figure(Role.DETAIL, "environment"),
    "confluentcloud:index/identityPool:IdentityPool": Figure(
        Role.IDENTITY,
        "identity pool",
        rights=right("tokens with {filter}", "act as the identity pool", "{displayName}"),
    ),
    "confluentcloud:index/identityProvider:IdentityProvider": Figure(Role.DETAIL, "identity provider"),
    "confluentcloud:index/kafkaAcl:KafkaAcl": Figure(
        Role.RIGHT, "Kafka ACL", rights=right("{principal}", "{operation}", "{resourceType} {resourceName}")
    ),
    "confluentcloud:index/kafkaCluster:KafkaCluster": Figure(
        Role.BROKERS, "Kafka cluster", ("{availability} availability", "{dedicated.cku} CKU", "{region}")
    ),
    "confluentcloud:index/kafkaTopic:KafkaTopic": Figure(Role.TOPIC, "topic"),
    "confluentcloud:index/ksqlCluster:KsqlCluster": Figure(Role.DETAIL, "ksqlDB cluster"),
    "confluentcloud:index/privateLinkAttachment:PrivateLinkAttachment": Figure(Role.DETAIL, "private link"),
    "confluentcloud:index/privateLinkAttachmentConnection:PrivateLinkAttachmentConnection": Figure(
        Role.DETAIL, "private link connection"
    ),
    "confluentcloud:index/roleBinding:RoleBinding": Figure(
        Role.RIGHT, "role binding", rights=right("{principal}", "{roleName}", "{crnPattern}")
    ),
    "confluentcloud:index/serviceAccount:ServiceAccount": Figure(Role.IDENTITY, "service account"),
}
