"""The users of an MSK cluster that sign in with a password (SASL/SCRAM)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.account import Account
from components.aws.encryption import RECOVERY_DAYS, account_key_policy, key
from components.contracts import Secret

PREFIX = "AmazonMSK_"
"""How the name of a secret begins that MSK takes users from (MSK, Sign-in credentials authentication)."""

PASSWORD_LENGTH = 40
"""Letters and digits: more than 200 bits, and nothing that a client's configuration would have to escape."""


@dataclass(frozen=True, kw_only=True)
class MskScramArgs:
    """What the users of a cluster are built from."""

    cluster_arn: Output[str]
    account: Account
    protect: bool
    """Whether a user's secret can be restored for a while after it was deleted."""


@dataclass(frozen=True, kw_only=True)
class MskScramUserArgs:
    """What a user is built from."""

    username: str
    cluster_arn: Output[str]
    key_arn: Output[str]
    provider: random.Provider
    protect: bool
    """Whether the secret can be restored for a while after it was deleted."""


class MskScramUser(ComponentResource):
    """A user with a password of its own, which the cluster and the consumers of one pipe know, and nobody else.

    What the user may do is said by Kafka's ACLs, and without any ACL it may do everything (MSK, Apache Kafka ACLs).
    """

    settings: Mapping[str, Input[str]]
    """What a consumer's environment says of the user."""
    secrets: Mapping[str, Secret]
    """The password, which is only there once the cluster knows it."""

    def __init__(self, name: str, args: MskScramUserArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskScramUser", name, None, opts)
        child = ResourceOptions(parent=self)
        password = random.RandomPassword(
            f"{name}-password",
            length=PASSWORD_LENGTH,
            special=False,
            opts=ResourceOptions(parent=self, provider=args.provider),
        )
        secret = aws.secretsmanager.Secret(
            f"{name}-user",
            name_prefix=f"{PREFIX}{name}-",
            description=f"The user {args.username} of an MSK cluster",
            kms_key_id=args.key_arn,
            recovery_window_in_days=RECOVERY_DAYS if args.protect else 0,
            tags={"Name": name},
            opts=child,
        )
        version = aws.secretsmanager.SecretVersion(
            f"{name}-user",
            secret_id=secret.id,
            secret_string=Output.json_dumps({"username": args.username, "password": password.result}),
            opts=child,
        )
        # MSK itself gives the secret the policy by which the cluster reads it, and forbids another one.
        association = aws.msk.SingleScramSecretAssociation(
            f"{name}-user",
            cluster_arn=args.cluster_arn,
            secret_arn=secret.arn,
            opts=ResourceOptions(parent=self, depends_on=[version]),
        )
        self.settings = {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_USERNAME": args.username}
        known = Output.all(password.result, association.id).apply(lambda both: both[0])
        self.secrets = {"KAFKA_SASL_PASSWORD": Output.secret(known)}
        self.register_outputs({"username": args.username})


class MskScram(ComponentResource):
    """What all users of a cluster share: the key of their secrets, since MSK takes no secret under a key that AWS manages."""

    def __init__(self, name: str, args: MskScramArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("data-pipes:aws:MskScram", name, None, opts)
        self.args = args
        self.key_arn = key(
            f"{name}-users-key",
            purpose=f"Encrypts the passwords of the users of {name}",
            policy=account_key_policy(args.account),
            parent=self,
            protect=args.protect,
        ).arn
        self.random = random.Provider(f"{name}-random", opts=ResourceOptions(parent=self))
        self.register_outputs({"keyArn": self.key_arn})

    def user(self, name: str, username: str, opts: ResourceOptions) -> MskScramUser:
        """Make a user of the cluster."""
        user = MskScramUserArgs(
            username=username,
            cluster_arn=self.args.cluster_arn,
            key_arn=self.key_arn,
            provider=self.random,
            protect=self.args.protect,
        )
        return MskScramUser(name, user, opts)
