"""SASL/SCRAM users of an MSK cluster."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.aws.account import Account
from components.aws.encryption import RECOVERY_DAYS, account_key_policy, key
from components.contracts import Secret

PREFIX = "AmazonMSK_"
"""Required prefix of the name of a secret with MSK credentials (MSK, Sign-in credentials authentication)."""

PASSWORD_LENGTH = 40
"""More than 200 bits. Passwords have only letters and digits, so client configurations need no escaping."""


@dataclass(frozen=True, kw_only=True)
class MskScramArgs:
    """Arguments of MskScram."""

    cluster_arn: Output[str]
    account: Account
    protect: bool
    """Whether a user's secret has a recovery window after deletion."""


@dataclass(frozen=True, kw_only=True)
class MskScramUserArgs:
    """Arguments of MskScramUser."""

    username: str
    cluster_arn: Output[str]
    key_arn: Output[str]
    provider: random.Provider
    protect: bool
    """Whether the secret has a recovery window after deletion."""


class MskScramUser(ComponentResource):
    """SASL/SCRAM user of one pipe. Only the cluster and the pipe's consumers have its password.

    Kafka ACLs set the user's permissions. If there are no ACLs, the user may do everything (MSK, Apache Kafka ACLs).
    """

    settings: Mapping[str, Input[str]]
    """Environment variables of the consumer, without the password."""
    secrets: Mapping[str, Secret]
    """The password. It resolves only after the cluster has accepted the user."""

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
        # MSK sets the secret's resource policy itself and forbids another one.
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
    """KMS key of all users' secrets, and the method that makes a user. MSK rejects secrets under an AWS managed key."""

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
        """Make a user of the cluster with its secret."""
        user = MskScramUserArgs(
            username=username,
            cluster_arn=self.args.cluster_arn,
            key_arn=self.key_arn,
            provider=self.random,
            protect=self.args.protect,
        )
        return MskScramUser(name, user, opts)
