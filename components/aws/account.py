"""The AWS account and region that a pipeline lives in."""

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
"""Regions whose accounts see two availability zones only (AWS Global Infrastructure, Regions)."""


def _supported(region: str) -> str:
    if region in TWO_ZONES:
        raise ValueError(
            f"must be a region with three availability zones, and {region} gives an account two; choose another, such as us-west-2"
        )
    if region.startswith("cn-"):
        raise ValueError(
            f"must be a region outside China, where AWS's services have other names, not {region}; choose another"
        )
    return region


class AwsSettings(AccountSettings, frozen=True):
    """The keys of the namespace `aws` that a pipeline reads."""

    stack_name = Pattern(r"(?!sg-).*", "a name that does not begin with sg-, as ids of security groups do")
    """EC2 takes no other for a security group (EC2 API, CreateSecurityGroup)."""
    most_tags = 46
    """A resource has at most 50 (AWS, Tag naming limits); up to four are the program's."""
    tag_name = Pattern(
        r"(?!aws:|data-pipes$)[\w +=.:/@-]{1,128}", "the name of a tag, neither of AWS's own (aws:) nor data-pipes"
    )
    tag_value = Pattern(r"[\w +=.:/@-]{0,256}", "the value of a tag: letters, digits, spaces and + - = . _ : / @")

    region: Annotated[
        str, Pattern(r"[a-z]{2}(-[a-z]+)+-[1-9]", "an AWS region such as eu-west-1"), AfterValidator(_supported)
    ]
    """The AWS region of the whole stack, such as eu-west-1."""
    profile: str | None = None
    """The profile of the AWS configuration file whose credentials are used."""
    allowed_account_ids: Annotated[
        tuple[Annotated[str, Pattern(r"\d{12}", "an account id of 12 digits in quotes")], ...], Field(max_length=100)
    ] = ()
    """The accounts that the stack may be deployed to; with any other the deployment stops."""


def aws_provider(name: str, settings: AwsSettings, tags: Mapping[str, str]) -> aws.Provider:
    """Make the one provider that every AWS resource of a stack uses, so that region, account and tags hold for all."""
    return aws.Provider(
        name,
        region=settings.region,
        profile=settings.profile,
        allowed_account_ids=list(settings.allowed_account_ids) or None,
        default_tags=aws.ProviderDefaultTagsArgs(tags=dict(tags)),
    )


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a pipeline lives, and what AWS says of it."""

    id: Output[str]
    partition: Output[str]
    """`aws`, or the name of the isolated partition that the region belongs to."""
    deployer: Output[str]
    """The ARN of the user or role that runs Pulumi."""
    region: str
    profile: str | None
    tags: Mapping[str, str]

    @classmethod
    def of(cls, settings: AwsSettings, tags: Mapping[str, str], parent: Resource) -> "Account":
        """Ask AWS who is deploying, with the provider of the given resource."""
        options = InvokeOptions(parent=parent)
        rule, fix = "a profile whose credentials AWS accepts", "Sign in again, or name another profile."
        profile = settings.profile
        caller = lookup(aws.get_caller_identity_output(opts=options), "aws:profile", rule=rule, got=profile, fix=fix)
        partition = lookup(aws.get_partition_output(opts=options), "aws:profile", rule=rule, got=profile, fix=fix)
        session = lookup(
            aws.iam.get_session_context_output(arn=caller.arn, opts=options),
            "aws:profile",
            rule="a profile whose role may read itself (iam:GetRole)",
            got=profile,
            fix="Allow it, or name another profile.",
        )
        return cls(
            id=caller.account_id,
            partition=partition.partition,
            deployer=session.issuer_arn,
            region=settings.region,
            profile=settings.profile,
            tags=tags,
        )
