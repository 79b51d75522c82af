"""Tables of the Kinesis Client Library (KCL): three DynamoDB tables with leases, checkpoints and coordination state."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

LEASE_INDEX = "LeaseOwnerToLeaseKeyIndex"
"""The index that a worker queries for its own leases (KCL 3, DynamoDBLeaseRefresher)."""


@dataclass(frozen=True, kw_only=True)
class LeaseTablesArgs:
    """Arguments of LeaseTables."""

    application: str
    """The name of the application and of its lease table. It is the prefix of the other tables' names."""
    protect: bool


class LeaseTables(ComponentResource):
    """Tables of one KCL application, with the same schema that KCL 3 would create. They are deleted with the stack.

    KCL only describes existing tables, so consumers need no permission to create or change tables (KCL 3, DynamoDBLeaseRefresher,
    WorkerMetricStatsDAO and CoordinatorStateDAO).
    """

    application: Output[str]
    """The application's name. It resolves after the lease table is made."""
    lease_table_arn: Output[str]
    state_table_arns: Sequence[Output[str]]

    def __init__(self, name: str, args: LeaseTablesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:LeaseTables", name, None, opts)
        self.name = name
        self.args = args
        leases = aws.dynamodb.Table(
            f"{name}-leases",
            name=args.application,
            billing_mode="PAY_PER_REQUEST",
            hash_key="leaseKey",
            attributes=[
                aws.dynamodb.TableAttributeArgs(name="leaseKey", type="S"),
                aws.dynamodb.TableAttributeArgs(name="leaseOwner", type="S"),
            ],
            global_secondary_indexes=[
                aws.dynamodb.TableGlobalSecondaryIndexArgs(
                    name=LEASE_INDEX,
                    key_schemas=[
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(attribute_name=attribute, key_type=key_type)
                        for attribute, key_type in (("leaseOwner", "HASH"), ("leaseKey", "RANGE"))
                    ],
                    projection_type="KEYS_ONLY",
                )
            ],
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            deletion_protection_enabled=args.protect,
            tags={"Name": args.application},
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.application = leases.name
        self.lease_table_arn = leases.arn
        self.state_table_arns = [
            self._state_table("worker-metrics", suffix="WorkerMetricStats", key="wid"),
            self._state_table("coordinator", suffix="CoordinatorState", key="key"),
        ]
        self.register_outputs({"application": self.application})

    def _state_table(self, role: str, *, suffix: str, key: str) -> Output[str]:
        """Make a table with a hash key only and return its ARN."""
        table = aws.dynamodb.Table(
            f"{self.name}-{role}",
            name=f"{self.args.application}-{suffix}",
            billing_mode="PAY_PER_REQUEST",
            hash_key=key,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S")],
            deletion_protection_enabled=self.args.protect,
            tags={"Name": f"{self.args.application}-{suffix}"},
            opts=ResourceOptions(parent=self, protect=self.args.protect),
        )
        return table.arn
