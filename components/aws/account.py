"""AWS account and region of a stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, Resource
from pydantic import AfterValidator, Field

from components.lookup import lookup
from components.section import Pattern
from components.settings_bases import AccountSettings

TWO_ZONES = ("us-west-1",)
"""Regions in which an account has only two availability zones (AWS Global Infrastructure, Regions)."""


PARTITIONS = {
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
}
"""Partitions other than aws, by the first letters of their regions (botocore 1.44.5, partitions)."""


def partition_of(region: str) -> str:
    """Return the partition of a region, which is part of every ARN."""
    return next((partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix)), "aws")


def _check_region(region: str) -> str:
    if region in TWO_ZONES:
        raise ValueError(
            f"must be a region with three availability zones, got {region!r} (accounts have only two zones there). "
            "Use another region, such as us-west-2."
        )
    if region.startswith("cn-"):
        raise ValueError(
            f"must be a region outside China, got {region!r} (AWS services have other names there). Use another region."
        )
    return region


class AwsSettings(AccountSettings, frozen=True):
    """Settings in the namespace `aws`."""

    stack_name = Pattern(r"(?!sg-).*", "a name that does not begin with sg- (security group ids do)")
    """EC2 rejects security group names that begin with sg- (EC2 API, CreateSecurityGroup)."""
    most_tags = 46
    """A resource has at most 50 tags (AWS, Tag naming limits). The program sets up to four of them."""
    tag_name = Pattern(
        r"(?!aws:|data-pipes$)[\w +=.:/@-]{1,128}", "the name of a tag, neither of AWS's own (aws:) nor data-pipes"
    )
    tag_value = Pattern(r"[\w +=.:/@-]{0,256}", "the value of a tag: letters, digits, spaces and + - = . _ : / @")

    region: Annotated[
        str, Pattern(r"[a-z]{2}(-[a-z]+)+-[1-9]", "an AWS region such as eu-west-1"), AfterValidator(_check_region)
    ]
    """The AWS region of the whole stack, such as eu-west-1."""
    profile: str | None = None
    """The profile in the AWS configuration file that supplies the credentials."""
    allowed_account_ids: Annotated[
        tuple[Annotated[str, Pattern(r"\d{12}", "an account id of 12 digits in quotes")], ...], Field(max_length=100)
    ] = ()
    """The ids of the accounts that the stack may be deployed to. A deployment to any other account stops."""


def aws_provider(name: str, settings: AwsSettings, tags: Mapping[str, str]) -> aws.Provider:
    """Make the AWS provider of a stack. All AWS resources use it, so they share region, account and tags."""
    return aws.Provider(
        name,
        region=settings.region,
        profile=settings.profile,
        allowed_account_ids=list(settings.allowed_account_ids) or None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=dict(tags)),
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """AWS account and region of a stack, with the identity that deploys it."""

    id: Output[str]
    partition: Output[str]
    """The partition of the region: `aws`, or the name of an isolated partition."""
    deployer: Output[str]
    """The ARN of the user or role that runs Pulumi."""
    region: str
    profile: str | None
    tags: Mapping[str, str]

    @classmethod
    def of(cls, settings: AwsSettings, tags: Mapping[str, str], parent: Resource) -> "Account":
        """Look up the account and the deployer's identity, with the provider of the given resource."""
        options = InvokeOptions(parent=parent)
        rule, fix = "a profile whose credentials AWS accepts", "Sign in again, or set another profile."
        profile = settings.profile
        caller = lookup(aws.get_caller_identity_output(opts=options), "aws:profile", rule=rule, got=profile, fix=fix)
        partition = lookup(aws.get_partition_output(opts=options), "aws:profile", rule=rule, got=profile, fix=fix)
        session = lookup(
            aws.iam.get_session_context_output(arn=caller.arn, opts=options),
            "aws:profile",
            rule="a profile whose role may read itself (iam:GetRole)",
            got=profile,
            fix="Allow iam:GetRole, or set another profile.",
        )
        return cls(
            id=caller.account_id,
            partition=partition.partition,
            deployer=session.issuer_arn,
            region=settings.region,
            profile=settings.profile,
            tags=tags,
        )
