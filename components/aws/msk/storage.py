"""Storage autoscaling of MSK brokers."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class MskStorageArgs:
    """Arguments of MskStorage."""

    cluster_arn: Output[str]
    max_size: int
    """In GiB."""
    target_utilization: int
    """In percent."""


class MskStorage(ComponentResource):
    """Application Auto Scaling of the brokers' disks. Disks grow above the target utilization and never shrink.

    MSK requires a minimum capacity of 1 GiB and no scale-in (MSK, Automatic scaling for clusters).
    """

    def __init__(self, name: str, args: MskStorageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskStorage", name, None, opts)
        child = ResourceOptions(parent=self)
        target = aws.appautoscaling.Target(
            f"{name}-storage",
            service_namespace="kafka",
            scalable_dimension="kafka:broker-storage:VolumeSize",
            resource_id=args.cluster_arn,
            min_capacity=1,
            max_capacity=args.max_size,
            tags={"Name": name},
            opts=child,
        )
        aws.appautoscaling.Policy(
            f"{name}-storage",
            name=f"{name}-storage",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                predefined_metric_specification=aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                    predefined_metric_type="KafkaBrokerStorageUtilization"
                ),
                target_value=args.target_utilization,
                disable_scale_in=True,
            ),
            opts=child,
        )
        self.register_outputs({"targetId": target.id})
