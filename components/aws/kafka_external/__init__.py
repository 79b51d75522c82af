"""Any Kafka that was there before the stack, read from AWS."""

from dataclasses import replace

from components.aws.kafka_external.service import kafka_external
from components.kafka.external import SERVICE as EXTERNAL

SERVICE = replace(
    EXTERNAL,
    component=kafka_external,
    refused_on={"ecs": "jobs in a Kubernetes cluster make and check its topics"},
)
