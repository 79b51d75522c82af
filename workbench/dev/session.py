"""Runs a handler on this machine: server, topic, consumers and producer, until it is stopped."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from workbench.dev.consumers import DevConsumers
from workbench.dev.handler_file import HandlerError, HandlerFile, Snapshot
from workbench.dev.lines import Line
from workbench.dev.producer import LineProducer
from workbench.dev.service import DeadLetter, Pipe, Server, Topic, partitions_of
from workbench.dev.show import Show
from workbench.dev.summary import ConsumerRow, Summary
from workbench.prove.process import PATIENCE
from workbench.servers.child import ending_signals

TICK_SECONDS = 0.1
REFRESH_SECONDS = 1.0
"""Interval of requests to the server, and so the age of the lag and of the assignment."""
MOST_LINES = 20
"""Maximum lines of a consumer's output that are shown at once."""


class Stop:
    """Stop that Ctrl-C, SIGTERM or a closed terminal requests. The second one ends the command without waiting for the consumers."""

    def __init__(self) -> None:
        self.requested = False

    def install(self) -> None:
        """Listen to the signals."""
        for number in ending_signals():
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.requested:
            raise SystemExit(128 + number)
        self.requested = True


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to produce, and when to stop."""

    lines: Sequence[Line] = ()
    rate: float | None = None
    """Records per second. None is as fast as possible."""
    seconds: float | None = None
    """Seconds to run after all consumers are ready. None: until Ctrl-C."""
    expected: int | None = None
    """Records that must be handled in that time. The run ends as soon as they are."""


def develop(
    *,
    pipe: Pipe,
    handler: HandlerFile,
    options: Options,
    show: Show,
    stop: Stop,
    environment: Mapping[str, str],
) -> Summary:
    """Run the handler until it is stopped, and return the results.

    Raises HandlerError if the handler is wrong, ServerError or the error of a server's program if there is no server, FlagError for a
    wrong KAFKA_ variable, and ProveError if a consumer does not stop.
    """
    pipe.check(options.lines)
    with ExitStack() as stack:
        server = stack.enter_context(pipe.server(environment, show.line))
        form = handler.check(server.variables)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="data-pipes-dev-")))
        topic = stack.enter_context(server.topic())
        producer = LineProducer(topic.writer(), options.lines, options.rate)
        variables = [{**server.variables, **server.variables_of(number)} for number in range(partitions_of(pipe))]
        consumers = stack.enter_context(DevConsumers(pipe.pipe, handler, variables, directory))
        for line in _introduction(pipe, server, handler, form):
            show.line(line)
        session = Session(
            pipe=pipe,
            handler=handler,
            variables=server.variables,
            options=options,
            topic=topic,
            consumers=consumers,
            producer=producer,
            show=show,
            stop=stop,
        )
        return session.run()


def _introduction(pipe: Pipe, server: Server, handler: HandlerFile, form: str) -> Sequence[str]:
    what, *notes = server.introduction
    consumers = partitions_of(pipe)
    lines = [
        f"{pipe.stack}: {what}",
        f"{consumers} consumers run {form} of {handler.path}. They start again when a Python file in its directory changes.",
    ]
    if pipe.planned > consumers:
        lines.append(
            f"The stack has {pipe.planned} partitions; {consumers} are used here, the maximum of this command."
        )
    return [*lines, *notes]


@dataclass(kw_only=True)
class Session:
    """One run."""

    pipe: Pipe
    handler: HandlerFile
    variables: Mapping[str, str]
    options: Options
    topic: Topic
    consumers: DevConsumers
    producer: LineProducer
    show: Show
    stop: Stop
    clock: Callable[[], float] = time.monotonic
    letters: list[DeadLetter] = field(default_factory=list[DeadLetter])
    reloads: int = 0
    ended: dict[str, str] = field(default_factory=dict[str, str])
    """How each consumer ended that ended by itself."""
    ready_at: float | None = None

    def run(self) -> Summary:
        """Run until it is stopped, then let the consumers finish."""
        self.loaded = self.seen = self.handler.snapshot()
        self.refreshed_at = self.started_at = self.clock()
        self.consumers.start()
        while not (self.stop.requested or self._finished()):
            self._tick()
            time.sleep(TICK_SECONDS)
        self.show.line("stopping: the consumers finish their records and commit")
        self.producer.close()
        self._show_printed(self.consumers.stop())
        self.topic.refresh()
        self._read_dead_letters(to_the_end=True)
        return self._summary(final=True)

    def _tick(self) -> None:
        if self.ready_at is not None:
            self.producer.write_due()
        self._show_printed([(each.name, each.printed()) for each in self.consumers.running.values()])
        self._note_ended()
        now = self.clock()
        all_ended = len(self.ended) == len(self.consumers.names)  # then the group may have no coordinator that answers
        if not all_ended and (self.ready_at is None or now - self.refreshed_at >= REFRESH_SECONDS):
            self.refreshed_at = now
            self.topic.refresh()
        if self.ready_at is None and self._ready():
            self.ready_at = now
            self.show.line("all consumers are ready")
        self._read_dead_letters()
        self._reload(self.handler.snapshot())
        self.show.table(self._summary())

    def _ready(self) -> bool:
        """Return whether each consumer reads its partition."""
        return self.topic.is_shared_by(self.consumers.names) and self.consumers.ready

    def _finished(self) -> bool:
        """Return whether a run with a time limit is over."""
        seconds = self.options.seconds
        if seconds is None:
            return False
        if len(self.ended) == len(self.consumers.names):
            return True
        if self.ready_at is None:
            return self.clock() - self.started_at > PATIENCE
        return self._as_expected() or self.clock() - self.ready_at > seconds

    def _as_expected(self) -> bool:
        """Return whether the expected records are handled, and no written record waits."""
        handled = sum(state.handled for state in self.consumers.states().values())
        waits = self.producer.written - handled - len(self.letters)
        return (
            self.options.expected is not None and handled >= self.options.expected and self.producer.done and waits <= 0
        )

    def _note_ended(self) -> None:
        for consumer in self.consumers.ended():
            if consumer.name not in self.ended:
                line = (consumer.log(1) or "without a message").removesuffix(".")
                self.ended[consumer.name] = f"{consumer.name} ended with status {consumer.process.returncode}: {line}."
                self.show.line(f"{self.ended[consumer.name]} It starts again when a Python file changes.")

    def _reload(self, now: Snapshot) -> None:
        """Start the consumers again if a file has changed since they were started, and does not change any more."""
        settled, self.seen = now == self.seen, now
        if now == self.loaded or not settled or self.handler.path.name not in now:
            return
        self.loaded = now
        try:
            form = self.handler.check(self.variables)
        except HandlerError as error:
            self.show.line(f"{error} The consumers keep the previous version.")
            return
        self._show_printed(self.consumers.stop())
        self.ended.clear()
        self.consumers.start()
        self.reloads += 1
        self.show.line(f"{self.handler.path} has changed: all consumers run the new {form}")

    def _read_dead_letters(self, *, to_the_end: bool = False) -> None:
        for letter in self.topic.dead_letters(to_the_end=to_the_end):
            self.letters.append(letter.cleaned(self.show.redact))
            self.show.line(f"dead letter: {letter}")

    def _show_printed(self, printed: Sequence[tuple[str, Sequence[str]]]) -> None:
        for name, lines in printed:
            for line in lines[:MOST_LINES]:
                self.show.line(f"{name}: {line}")
            if len(lines) > MOST_LINES:
                self.show.line(f"{name}: {len(lines) - MOST_LINES} more lines")

    def _summary(self, *, final: bool = False) -> Summary:
        states = self.consumers.states()
        rows = tuple(
            ConsumerRow(
                name=name,
                partitions=self.topic.owners.get(name, ()),
                handled=state.handled,
                failed=state.failed,
                lag=self._lag(self.topic.owners.get(name, ())),
                last_error=self.show.redact(state.error) if state.error else None,
            )
            for name, state in states.items()
        )
        summary = Summary(
            stack=self.pipe.stack,
            pipe=self.pipe.pipe,
            topic=self.topic.name,
            config=self.pipe.config,
            written=self.producer.written,
            consumers=rows,
            dead_letters=tuple(self.letters),
            lag=sum(self.topic.lag.values()),
            reloads=self.reloads,
            problems=(),
        )
        return replace(summary, problems=tuple(map(self.show.redact, self._problems(summary)))) if final else summary

    def _lag(self, partitions: Sequence[int]) -> int | None:
        return sum(self.topic.lag.get(number, 0) for number in partitions) if partitions else None

    def _problems(self, summary: Summary) -> Sequence[str]:
        expected, failed = self.options.expected, self.producer.failed
        found = list(self.ended.values())
        if self.ready_at is None and not self.ended and not self.stop.requested:
            found.append(f"the consumers were not ready within {PATIENCE:.0f} s")
        if failed:
            found.append(f"{len(failed)} records could not be written: {failed[0]}")
        if expected is not None and summary.handled < expected:
            found.append(
                f"--expect-handled: at least {expected} records must be handled, got {summary.handled} ({summary.totals}). "
                "See the dead letters and the last errors, or raise --for."
            )
        return found
