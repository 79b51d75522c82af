"""The consumers of `dev`: one process each, with the handler of a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from workbench.dev.handler_file import HandlerFile
from workbench.dev.state import State, read_state
from workbench.prove.process import ConsumerProcess


class DevConsumer(ConsumerProcess):
    """One consumer, its state and what it prints."""

    def __init__(self, name: str, handler: HandlerFile, environment: Mapping[str, str], directory: Path) -> None:
        self._state_file, self._output = directory / f"{name}.state", directory / f"{name}.out"
        self._last = State()
        self._shown = 0
        super().__init__(
            name,
            handler.command(self._state_file),
            {**environment, **handler.variables},
            directory / f"{name}.log",
            output=self._output,
            directory=handler.directory,
        )

    @property
    def state(self) -> State:
        """Counters since the start of this process."""
        self._last = read_state(self._state_file, self._last)
        return self._last

    def printed(self) -> list[str]:
        """Return the complete lines that the handler has printed or logged since the last call."""
        with self._output.open("rb") as file:
            file.seek(self._shown)
            lines, end, _ = file.read().rpartition(b"\n")
        if not end:
            return []
        self._shown += len(lines) + 1
        return lines.decode(errors="replace").splitlines()


class DevConsumers:
    """All consumers of a pipe. A context manager that ends all of them."""

    def __init__(
        self, prefix: str, handler: HandlerFile, environments: Sequence[Mapping[str, str]], directory: Path
    ) -> None:
        """Configure the consumers, one for each environment. None is started."""
        self.names = [f"{prefix}-{number}" for number in range(len(environments))]
        self._handler = handler
        self._environments = environments
        self._directory = directory
        self._generation = 0
        self.running: dict[str, DevConsumer] = {}
        self._before: dict[str, State] = {}

    def __enter__(self) -> Self:
        """Return the consumers. `start` starts them."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Kill the consumers that still run."""
        for consumer in self.running.values():
            consumer.kill()

    def start(self) -> None:
        """Start all consumers."""
        directory = self._directory / str(self._generation)
        directory.mkdir()
        self._generation += 1
        for name, environment in zip(self.names, self._environments, strict=True):
            self.running[name] = DevConsumer(name, self._handler, environment, directory)

    def stop(self) -> list[tuple[str, list[str]]]:
        """Let all consumers finish their record and commit, as a platform does. Return the last lines that each printed.

        Raises ProveError if one does not end.
        """
        for consumer in self.running.values():
            consumer.process.terminate()
        for consumer in self.running.values():
            consumer.wait()
        printed = [(consumer.name, consumer.printed()) for consumer in self.running.values()]
        self._before = self.states()
        self.running.clear()
        return printed

    def states(self) -> dict[str, State]:
        """Return the counters of each consumer since the start of the command. The error is that of its last process."""
        return {name: self._state(name) for name in self.names}

    def _state(self, name: str) -> State:
        before = self._before.get(name, State())
        if name not in self.running:
            return before
        now = self.running[name].state
        return replace(now, handled=before.handled + now.handled, failed=before.failed + now.failed)

    @property
    def ready(self) -> bool:
        """Whether each consumer has joined the group."""
        return all(consumer.ask("/ready")[0] == HTTPStatus.OK for consumer in self.running.values())

    def ended(self) -> Iterator[DevConsumer]:
        """Yield the consumers that have ended."""
        yield from (consumer for consumer in self.running.values() if consumer.process.poll() is not None)
