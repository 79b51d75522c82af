"""The simulated Confluent Cloud: the names of things, which all its tables need."""

from collections.abc import Callable, Mapping

from workbench.cloud.model import Inputs, digits, text, uuid_of

ORGANIZATION = uuid_of("the organization at Confluent Cloud")


def identifier(kind: str) -> Callable[[str, Inputs], str]:
    """Ids such as `lkc-0a1b2c3d`: what it is, and digits of its own."""
    return lambda name, _inputs: f"{kind}-{digits(kind + name, 8)}"


def crn(**parts: str) -> str:
    """A Confluent Resource Name such as `crn://confluent.cloud/organization=.../environment=env-0a1b2c3d`."""
    return "/".join(
        (f"crn://confluent.cloud/organization={ORGANIZATION}", *(f"{kind}={id_}" for kind, id_ in parts.items()))
    )


def environment_of(inputs: Inputs) -> str:
    """The id of the environment that an object is in."""
    return text(inputs, "environment.id", "env-00000000")


def domain(inputs: Inputs, *, private: bool) -> str:
    """Where the names of a cloud's region are found: by everyone, or in networks with a private link."""
    place = f"{text(inputs, 'region', 'eu-west-1')}.{text(inputs, 'cloud', 'AWS').lower()}"
    return f"{place}.private.confluent.cloud" if private else f"{place}.confluent.cloud"


def described(api_version: str, kind: str) -> Mapping[str, str]:
    """What an API key's owner and the thing it is for are named by, beside their ids."""
    return {"apiVersion": api_version, "kind": kind}
