"""Certificates of Kafka clients as files in the consumers and in the Jobs that make topics."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from components.section import ConfigError
from components.settings_bases import PipeSettings

FILES = PurePosixPath("/etc/data-pipes/kafka")
"""Directory of the certificates."""

AUTHORITY, CERTIFICATE, KEY = FILES / "ca.crt", FILES / "user.crt", FILES / "user.key"
"""The certificates that sign those of the brokers, and the client's certificate with its key, as PEM."""


def file_errors(pipes: Mapping[str, PipeSettings]) -> Iterator[ConfigError]:
    """Yield files of consumers that overlap the directory of the certificates."""
    for name, pipe in pipes.items():
        for file in map(PurePosixPath, pipe.consumer.files):
            if file.is_relative_to(FILES) or FILES.is_relative_to(file):
                text = f"must not overlap {FILES} (the mount path of the consumer's certificates). Choose another path."
                yield ConfigError(path=("pipes", name, "consumer", "files", str(file)), text=text)
