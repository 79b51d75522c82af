"""Simulated Confluent Cloud: ids and names for all tables."""

from collections.abc import Callable, Mapping

from workbench.cloud.model import Inputs, digits, text, uuid_of

ORGANIZATION = uuid_of("the organization at Confluent Cloud")


def identifier(kind: str) -> Callable[[str, Inputs], str]:
    """Generate ids such as `lkc-0a1b2c3d`: a prefix for the type, and digits."""
    return lambda name, _inputs: f"{kind}-{digits(kind + name, 8)}"


def crn(**parts: str) -> str:
    """Return a Confluent Resource Name such as `crn://confluent.cloud/organization=.../environment=env-0a1b2c3d`."""
    return "/".join(
        (f"crn://confluent.cloud/organization={ORGANIZATION}", *(f"{kind}={id_}" for kind, id_ in parts.items()))
    )


def environment_of(inputs: Inputs) -> str:
    """Return the id of an object's environment."""
    return text(inputs, "environment.id", "env-00000000")


def domain(inputs: Inputs, *, private: bool) -> str:
    """Return the DNS domain of a region: public, or only in networks with a private link."""
    location = f"{text(inputs, 'region', 'eu-west-1')}.{text(inputs, 'cloud', 'AWS').lower()}"
    return f"{location}.private.confluent.cloud" if private else f"{location}.confluent.cloud"


def described(api_version: str, kind: str) -> Mapping[str, str]:
    """Return the API version and kind of an API key's owner or target."""
    return {"apiVersion": api_version, "kind": kind}
