"""Page by which a newcomer chooses a streaming service and a platform, made from the facts, the catalog and the stack files."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from textwrap import wrap
from typing import get_type_hints

from components.catalog import PROPOSED
from components.load import UTILISATION
from components.service import StreamingService
from workbench.choosing import examples
from workbench.choosing.equation_exceptions import EXCEPTIONS
from workbench.choosing.facts import Fact, PlatformGuide, ServiceGuide, Source
from workbench.choosing.platforms import PLATFORMS
from workbench.choosing.questions import QUESTIONS, Answer
from workbench.choosing.sources import PROGRAM
from workbench.stack_file import ROOT, find_stack_file, read_settings

PAGE = "docs/choosing.md"

TABLES: Mapping[str, tuple[str, str]] = {
    "effort": (
        "Effort and lock-in",
        "The numbers are ranks among these services. [migration.md](migration.md) has the steps of a move from Kafka.",
    ),
    "partitions": ("Partitions and order", "Most services never remove partitions: choose N for the load to come."),
    "records": ("Retention, size, throughput and latency", "[sizing.md](sizing.md) computes the units of a load."),
    "kafka": (
        "Kafka features",
        "With KIP-848 the brokers assign the partitions. Share groups are KIP-932. Kinesis and Pub/Sub have their own APIs.",
    ),
    "lifecycle": (
        "Versions, retirement and billing",
        "*No date found* means that no end is announced on the pages that were read.",
    ),
}
"""Tables of the streaming services: attribute of a row, title, and a note."""

WIDTH = 150
"""Characters of a line of prose."""


def services() -> Mapping[str, StreamingService]:
    """Return the streaming services of all clouds by name. A service of several clouds is listed once."""
    return {name: service for cloud in PROPOSED.values() for name, service in cloud.streaming.items()}


def missing_guides() -> Sequence[str]:
    """Return what to add for each service and platform of the catalog that has no guide."""
    modules = {name: f"workbench/choosing/services/{_module(name)}.py" for name in services()}
    platforms = [name for cloud in PROPOSED.values() for name in cloud.platforms]
    return [
        *(f"{name}: add {file} with a GUIDE" for name, file in modules.items() if not (ROOT / file).exists()),
        *(
            f"{name}: add it to PLATFORMS in workbench/choosing/platforms.py"
            for name in platforms
            if name not in PLATFORMS
        ),
    ]


def guides() -> Mapping[str, ServiceGuide]:
    """Return the guide of each streaming service by name."""
    return {name: import_module(f"workbench.choosing.services.{_module(name)}").GUIDE for name in services()}


def page() -> str:
    """Return the page as Markdown. Raise LookupError if a service or a platform of the catalog has no guide."""
    missing = missing_guides()
    if missing:
        raise LookupError(f"{PAGE} has no facts of {'; '.join(missing)} (docs/adding-a-service.md)")
    return "\n".join(_Page().lines()) + "\n"


def _module(service: str) -> str:
    return service.replace("-", "_")


class _Page:
    """The page while it is written. Sources are numbered in the order in which they are used."""

    def __init__(self) -> None:
        self.numbers: dict[Source, int] = {}
        self.guides = guides()

    def lines(self) -> Iterator[str]:
        """Yield the lines of the page."""
        yield from (
            "# Choose a streaming service and a platform",
            "",
            "`make reference` writes this page from `workbench/choosing/`, the settings, and the times of the simulated clouds.",
            "",
            "1. Compute [N](#the-number-of-partitions), the number of partitions.",
            "2. Answer at most ten [questions](#ten-questions). Two [examples](#two-examples) show how.",
            "3. Read the [reasons](#reasons-for-each-service) for and against the service, and compare the tables.",
            "4. Copy a stack of the service and the platform.",
            "",
            "A footnote is the [source](#sources) of a fact and the date that it was read. *Not documented* means that the source does not state",
            "the fact. Prices are list prices, not quotes.",
            *("", "## The number of partitions", ""),
            f"    N = messages per second * seconds per message / {UTILISATION}, rounded up",
            "",
            "N is `parallelism`, the number of partitions and of consumers. Take the messages per second of the peak. A message takes the time of your",
            "handler with all its calls: the reference consumer handles one message, or one batch, at a time. [sizing.md](sizing.md) continues with brokers and nodes.",
            *("", "## Ten questions", ""),
        )
        for number, question in enumerate(QUESTIONS, start=1):
            yield f"{number}. **{question.text}**"
            for answer in question.answers:
                yield from wrap(
                    f"- {answer.when}: {_outcome(answer)}", WIDTH, initial_indent="    ", subsequent_indent="      "
                )
        yield from ("", "## Two examples", "")
        for line in examples.lines():
            yield from [line] if line.startswith("|") else wrap(line, WIDTH) or [""]
        yield from ("", "## Reasons for each service", "", "The names are values of `streaming.service`.")
        stacks = _stacks()
        for name, guide in self.guides.items():
            yield from ("", f"### `{name}`: {services()[name].title}", "", "Choose it if", "")
            yield from self._list(guide.choose)
            yield from ("", "Choose another one if", "")
            yield from self._list(guide.avoid)
            yield from ("", f"Stacks to copy: {', '.join(stacks[name])}.")
        for attribute, (title, note) in TABLES.items():
            yield from ("", f"## {title}", "", note, "", *self._services_table(attribute))
        yield from ("", "## Platforms", "", *self._platforms_table())
        yield from ("", "## Where partitions = replicas does not apply", "", *self._list(EXCEPTIONS))
        yield from (
            *("", "## Sources", ""),
            "Vendors' pages were read as stored copies. A copy can be older than the date of reading. If a page shows its own date, that date",
            "is in brackets after its name.",
            "",
        )
        for source, number in self.numbers.items():
            yield f"[^{number}]: {source.name}; read {source.read}"

    def _list(self, facts: Sequence[Fact]) -> Iterator[str]:
        for fact in facts:
            yield from wrap(f"- {self._cell(fact)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)

    def _services_table(self, attribute: str) -> Iterator[str]:
        parts: dict[str, object] = {
            name: getattr(row, attribute) for guide in self.guides.values() for name, row in guide.rows.items()
        }
        titles = _titles(type(next(iter(parts.values()))))
        yield from self._table("service", titles, {name: vars(part) for name, part in parts.items()})

    def _platforms_table(self) -> Iterator[str]:
        rows = {
            f"`{name}`": {**vars(PLATFORMS[name]), "refused": _refused(name)}
            for cloud in PROPOSED.values()
            for name in cloud.platforms
        }
        yield from self._table("platform", {**_titles(PlatformGuide), "refused": "cannot read"}, rows)

    def _table(self, first: str, titles: Mapping[str, str], rows: Mapping[str, Mapping[str, Fact]]) -> Iterator[str]:
        yield f"| {' | '.join([first, *titles.values()])} |"
        yield f"|{'---|' * (len(titles) + 1)}"
        for name, facts in rows.items():
            yield f"| {' | '.join([name, *(self._cell(facts[column]) for column in titles)])} |"

    def _cell(self, fact: Fact) -> str:
        sources = [source for source in (fact.source, fact.also) if source]
        return fact.text + "".join(
            f" [^{self.numbers.setdefault(source, len(self.numbers) + 1)}]" for source in sources
        )


def _titles(table: type[object]) -> Mapping[str, str]:
    """Return the title of each column by its field."""
    hints = get_type_hints(table, include_extras=True)
    return {field: hint.__metadata__[0] for field, hint in hints.items()}


def _outcome(answer: Answer) -> str:
    if isinstance(answer.then, int):
        return f"go to {answer.then}"
    return f"**{answer.then}**" + (f", then go to {answer.next}" if answer.next else "")


def _refused(platform: str) -> Fact:
    """Return the services of the platform's cloud that the platform cannot read."""
    cloud = next(cloud for cloud in PROPOSED.values() if platform in cloud.platforms)
    names = [f"`{name}`" for name, service in cloud.streaming.items() if platform in service.refused_on]
    return Fact(", ".join(names) or "none", PROGRAM)


def _stacks() -> Mapping[str, Sequence[str]]:
    """Return links to the stack files of each streaming service."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        name = file.name.split(".")[1]
        found[read_settings(find_stack_file(name)).streaming.service].append(f"[`{name}`](../stacks/{file.name})")
    return found
