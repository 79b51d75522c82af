"""Where the Kinesis Client Library (KCL) keeps what an application has read: three DynamoDB tables, made before it looks for them."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

LEASE_INDEX = "LeaseOwnerToLeaseKeyIndex"
"""The index by which a worker finds its own leases (amazon-kinesis-client 3, DynamoDBLeaseRefresher)."""

STATE_TABLES = {"WorkerMetricStats": "wid", "CoordinatorState": "key"}
"""The ends of the other tables' names, each with its key (amazon-kinesis-client 3, WorkerMetricStats and CoordinatorStateDAO)."""


@dataclass(frozen=True, kw_only=True)
class LeaseTablesArgs:
    """What the tables of an application are built from."""

    application: str
    """The name of the application: its lease table is called the same, and the other tables' names begin with it."""
    protect: bool


class LeaseTables(ComponentResource):
    """The tables of one KCL application, in the form in which KCL 3 would make them, so that it finds nothing left to do.

    It only describes tables that exist; made here, they go with the stack, and consumers need no right to make tables.
    """

    application: Output[str]
    """The application's name, there once its lease table is."""
    lease_table_arn: Output[str]
    state_table_arns: list[Output[str]]

    def __init__(self, name: str, args: LeaseTablesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:LeaseTables", name, None, opts)
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
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="leaseOwner", key_type="HASH"
                        ),
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="leaseKey", key_type="RANGE"
                        ),
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
        self.state_table_arns = [self._state_table(name, args, role) for role in STATE_TABLES]
        self.register_outputs({"application": self.application})

    def _state_table(self, name: str, args: LeaseTablesArgs, role: str) -> Output[str]:
        """Make a table that workers fill anew when it is lost; return its ARN."""
        key = STATE_TABLES[role]
        table = aws.dynamodb.Table(
            f"{name}-{role}",
            name=f"{args.application}-{role}",
            billing_mode="PAY_PER_REQUEST",
            hash_key=key,
            attributes=[aws.dynamodb.TableAttributeArgs(name=key, type="S")],
            deletion_protection_enabled=args.protect,
            tags={"Name": f"{args.application}-{role}"},
            opts=ResourceOptions(parent=self),
        )
        return table.arn
