"""Collector that sends its alarms through SNS."""

from abc import ABC

import pulumi_aws as aws

from components.monitoring.collector import Collector


class SnsCollector(Collector, ABC):
    """Prometheus of AWS, whose alert manager publishes to the notification targets of the stack."""

    workspace: aws.amp.Workspace
