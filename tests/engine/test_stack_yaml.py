"""A stack file means the same to `plan` as to the Pulumi CLI, or `plan` refuses it. The CLI is the real one."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandError

from tests.engine.conftest import Start
from workbench.sandbox import Sandbox
from workbench.stack_file import StackFileError, find_stack_file

pytestmark = pytest.mark.engine

SIGNS = ("", "-", "+")
NUMBERS = [
    f"{sign}{prefix}{digits}"
    for sign, prefix, digits in product(
        SIGNS,
        ("", "0", "00", "0x", "0X", "0o", "0O", "0b", "0B"),
        ("", "0", "1", "8", "77", "1_000", "_1", "1_", "1f", "999999999999999999", "18446744073709551616"),
    )
]
FRACTIONS = [
    f"{sign}{whole}{fraction}{exponent}"
    for sign, whole, fraction, exponent in product(
        SIGNS,
        ("", "0", "01", "12", "1_0", "1234567890", "12345678901"),
        (".", ".0", ".50", ".0001", ".00001", ".5_0"),
        ("", "e3", "E+3", "e-3", "e400", "e"),
    )
]
EXPONENTS = [
    f"{sign}{number}" for sign, number in product(SIGNS, ("1e3", "1E+06", "1e-7", "1e400", "0e0", "12e03", "1_0e3"))
]
NOT_FINITE = [
    f"{sign}{word}"
    for sign, word in product(SIGNS, (".inf", ".Inf", ".INF", ".iNf", ".nan", ".NaN", ".NAN", "inf", "nan"))
]
DATES = [
    f"{day}{hour}"
    for day, hour in product(
        ("2026-01-31", "2026-1-3", "2026-13-01", "0001-01-01", "20260131", "26-01-31", "2026-01"),
        ("", "T10:20:30Z", "t1:2:3.5Z", " 10:20:30", " 10:20:30.25", " 10:20:30 -5", "T10:20:30+02:00", " later"),
    )
]
TIMES = ["12:30", "12:30:45", "190:20:30", "1:30.5", "-12:30", "+1:00", "0:0", "23:59:59.999", "08:00"]
WORDS = [
    cased
    for word in ("yes", "no", "on", "off", "y", "n", "true", "false", "null", "none", "nil")
    for cased in {word, word.upper(), word.capitalize(), word.swapcase()[::-1]}
]
MARKS = [
    "~",
    "''",
    '""',
    "=",
    "<<",
    "'<<'",
    ".",
    "..",
    "...a",
    "-.",
    "+",
    "-a",
    "a: ''",
    "[]",
    "{}",
    "[ ]",
    "a#b",
    "a:b",
    "0x",
    "?a",
    ":a",
]
ORDINARY = [
    "eu-west-1",
    "10.0.0.0/16",
    "10.0.0.1",
    "4.2.0",
    "3.9.x",
    "500m",
    "2Gi",
    "100%",
    "7d",
    "arn:aws:iam::123456789012:role/admin",
    "ghcr.io/example/orders:1.0.0",
    "example@sha256:0123456789abcdef",
    "01234567-89ab-cdef-0123-456789abcdef",
    "kafka.m7g.large",
    "https://example.com/a?b=c&d=<e>",
    "Grüße, 世界 🚀",
]
QUOTED = [
    *(f"'{text}'" for text in (*ORDINARY, "0777", "1e3", "1_000", "2026-01-31", "true", "null", " a ", "it''s")),
    r'"\t\n\r\0\a\b\e\v\f\\\"\/"',
    r'"\x41\u00e9\U0001F680\N\_\L\P"',
    r'"\ud83d\ude80"',
    '"a\n    b\n\n    c"',
    "'  leading\n\n    and trailing  '",
    '"\\n"',
    '" "',
    '"\\n  a\\n b\\n"',
    '"a \\n"',
    '"\\ta\\n\\n"',
    '"# no comment"',
    '"a\u2028b\u0085c"',
    '"a: b"',
]
BLOCKS = [
    f"{style}\n{text}"
    for style, text in product(
        ("|", "|-", "|+", ">", ">-", ">+", "|2-", ">1"),
        ("    a\n    b", "    a\n\n      b\n    c\n", "    0777", "    a \n    b\t\n\n", "    # text\n    a: b"),
    )
]
TAGGED = [
    f"{tag} {value}"
    for tag, value in product(
        (
            "!",
            "!!str",
            "!!int",
            "!!float",
            "!!bool",
            "!!null",
            "!!timestamp",
            "!!binary",
            "!!set",
            "!!map",
            "!x",
            "!<tag:yaml.org,2002:str>",
        ),
        ("5", "'5'", "1e3", "yes", "2026-01-31", "aGk=", "{a: b}", ""),
    )
]
NESTED = [
    "{a: 0777}",
    "[0777, 1]",
    "[1, 2.50, yes, ~, null, '', true, -0, -0.0, 0.0]",
    "{a: {b: [{c: 1.0}]}}",
    "{b: 1, a: 2, B: 3, ä: 4}",
    "{a: , b: }",
    "{a, b: c}",
    "{secure: 5}",
    "{secure: [a]}",
    "{secure: {secure: ~}}",
    "{a: http://b:80/c}",
    "[a:b, -c, 10.0.0.0/8]",
    "{'a':1, \"b\":2}",
    "{0777: a}",
    "{1: a, 1.5: b}",
    "{true: a}",
    "{yes: a, no: b}",
    "{~: a}",
    "{2026-01-31: a}",
    "{1e3: a}",
    "{[a]: b}",
    "{'a': 1, a: 2}",
    "{? a : 1}",
    "&x 5",
    "&x {a: &y [1], b: *y}",
    "{a: &x {p: 1, q: 2}, b: {<<: *x, q: 3}, c: {q: 4, <<: *x}}",
    "{a: &x {p: 1}, b: &y {p: 2, q: 2}, c: {<<: [*x, *y]}, d: {<<: [*y, *x], r: 1}}",
    "{a: &x {p: 1}, b: &y {<<: *x, q: 2}, c: {<<: *y}}",
    "{b: {<<: {a: 1}}, c: {'<<': {a: 1}}}",
    "{<<: [], a: 1}",
    "{<<: ~}",
    "{<<: 5}",
    "{a: &x b, *x : c}",
    "\n    - a\n    -\n    - - b\n      - c: d\n        e: 0.50",
    "\n    ? a\n    : b\n    ? c",
    "\n    a:\tb\n    c: d\t# comment",
]


def _random(characters: str, count: int) -> Iterator[str]:
    draw = random.Random(14)  # the same values in every run
    for _ in range(count):
        yield "".join(draw.choices(characters, k=draw.randint(1, 9)))


PLAIN = [text.strip() for text in _random("0011278__+-..eExXoObBaAfFnNTtZz: ~", 500)]
TEXTS = [json.dumps(text) for text in _random("\n\n\t  aa0:#-'\"\\|>&*!%@`,[]{}?<\u2028\u0085\ufeff\u00a0", 800)]


SCALARS = [
    *dict.fromkeys(
        (
            *NUMBERS,
            *FRACTIONS,
            *EXPONENTS,
            *NOT_FINITE,
            *DATES,
            *TIMES,
            *WORDS,
            *MARKS,
            *ORDINARY,
            *QUOTED,
            *TAGGED,
            *PLAIN,
            *TEXTS,
        )
    )
]
PLACES = ("x:k: {}", "x:k:\n    v: {}", "x:k:\n    - {}", "x:k: {{v: {}}}", "x:k:\n    {}: v")
"""Where a scalar may be: at the top, in an object, in a list, in a flow, as a key."""
ENTRIES = [
    *(place.format(scalar) for number, place in enumerate(PLACES) for scalar in SCALARS[:: 1 if number == 0 else 6]),
    *(f"x:k: {value}" for value in (*BLOCKS, *NESTED)),
]

Read = Callable[[str], dict[str, str]]


@pytest.fixture
def sandbox(start: Start) -> Sandbox:
    return start(lambda: None)


@pytest.fixture
def pulumi(sandbox: Sandbox) -> Read:
    """Reads a stack file as the CLI does: what a program of the stack receives."""
    file = sandbox.directory / "project" / "Pulumi.test.yaml"

    def read(text: str) -> dict[str, str]:
        file.write_bytes(text.encode())
        return {key: _same(found.value) for key, found in sandbox.stack.get_all_config().items()}

    return read


@pytest.fixture
def plan(tmp_path: Path) -> Read:
    """Reads a stack file as `plan` does. Raises StackFileError."""
    file = tmp_path / "Pulumi.test.yaml"

    def read(text: str) -> dict[str, str]:
        file.write_bytes(text.encode())
        return {key: _same(value) for key, value in find_stack_file(str(file)).program_config().items()}

    return read


def _same(value: str) -> str:
    """A value in a form that differs only where a program would notice: objects are JSON, written alike."""
    try:
        parsed: Any = json.loads(value)
    except ValueError:
        return value
    return json.dumps(parsed, sort_keys=True) if isinstance(parsed, dict | list) else value


def test_every_value_is_what_the_cli_gives_a_program_or_is_refused(plan: Read, pulumi: Read):
    """One file with every entry that `plan` accepts, each under a key of its own, is read by the CLI once."""
    accepted: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(ENTRIES):
        try:
            accepted[f"x:k{number}"] = (entry, plan(f"config:\n  {entry}\n")["x:k"])
        except StackFileError:
            continue
    lines = [entry.replace("x:k:", f"{key}:", 1) for key, (entry, _) in accepted.items()]
    # An anchor is known until the end of a file, so a name that is there twice is no mistake.
    found = pulumi("config:\n  " + "\n  ".join(lines) + "\n")
    other = [
        (entry, expected, found.get(key)) for key, (entry, expected) in accepted.items() if found.get(key) != expected
    ]
    assert other == []
    assert len(accepted) > len(ENTRIES) / 4


@pytest.mark.parametrize("value", ORDINARY + TIMES + ["yes", "No", "0", "3", "-5", "0.25", "604800000", "true"])
def test_what_people_write_is_accepted(plan: Read, value: str):
    assert plan(f"config: {{x:k: {json.dumps(value, ensure_ascii=False)}}}") == {"x:k": value}
    assert plan(f"config:\n  x:k: {value}\n") == {"x:k": value}


@pytest.mark.parametrize(
    "value",
    ["012345678901", "0777", "1_000", "010", "0x1F", "0o17", "0b11", "1e3", ".5", "+1", ".inf", ".nan", "2026-01-31"],
)
def test_what_pulumi_would_change_silently_is_refused_with_the_way_out(plan: Read, value: str):
    for entry in (f"x:k: {value}", f"x:k: {{a: [{value}]}}", f"x:k: {{{value}: a}}", f"x:k: !!int {value}"):
        with pytest.raises(StackFileError) as refused:
            plan(f"config:\n  {entry}\n")
        assert str(refused.value).endswith("Write it in quotes.")
        assert ": line 2: " in str(refused.value)


FILES = {
    "byte order mark": "\ufeffconfig: {x:a: 1}\n",
    "CRLF": "config:\r\n  x:a: 1\r\n  x:b: |\r\n    c\r\n    d\r\n  x:c: 'e\r\n    f'\r\n",
    "CR": "config:\r  x:a: 1\r  x:b: text\r",
    "no end of line": "config: {x:a: 1}",
    "markers": "---\nconfig: {x:a: 1}\n...\n",
    "comments": "# a\nconfig: # b\n  # c\n  x:a: d # e\n  x:b: d#e\n",
    "anchors across keys": "config:\n  x:a: &x {p: 1}\n  x:b: {<<: *x, q: 2}\n  x:c: *x\n",
    "keys of the project": "config: {protect: false, lab:name: a}\n",
    "empty values": "config:\n  x:a:\n  x:b: ~\n  x:c: ''\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_is_read_as_the_cli_reads_it(plan: Read, pulumi: Read, text: str):
    # The project of the sandbox has another name.
    assert {key.replace("data-pipes:", "lab:"): value for key, value in plan(text).items()} == pulumi(text)


REFUSED = {
    "several documents": "config: {x:a: 1}\n---\nconfig: {x:a: 2}\n",
    "a key twice": "config: {x:a: 1, x:a: 2}\n",
    "a key twice by an anchor": "config: {&k x:a: 1, *k : 2}\n",
    "a key twice in an object": "config: {x:a: {b: 1, 'b': 2}}\n",
    "two merges": "config: {x:a: {<<: {b: 1}, <<: {c: 2}}}\n",
    "a key with and without the project": "config: {a: 1, data-pipes:a: 2}\n",
    "a key with two colons": "config: {x:config:a: 1}\n",
    "keys that are no text": "config: {x:a: {1: b}}\n",
    "half of a surrogate pair": 'config: {x:a: "\\ud800"}\n',
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_file_that_readers_take_differently_is_refused(plan: Read, text: str):
    with pytest.raises(StackFileError) as refused:
        plan(text)
    assert "\n" not in str(refused.value)


def test_a_rehearsal_gives_the_program_the_values_that_it_has_read(sandbox: Sandbox):
    """Text that looks like a number stays text on its way through the file that the rehearsal writes for the CLI."""
    texts = {f"x:k{number}": scalar for number, scalar in enumerate(SCALARS) if "\ud800" not in scalar}
    others = {
        "x:o": {"0777": "1e3", "a": [1, 2.5, True, None, "2026-01-31", "0o17"]},
        "x:n": 3,
        "x:f": 0.25,
        "x:b": True,
    }
    sandbox.configure({**texts, **others})
    found = {key: value.value for key, value in sandbox.stack.get_all_config().items()}
    assert {key: found[key] for key in texts} == texts
    assert json.loads(found["x:o"]) == others["x:o"]
    assert (found["x:n"], found["x:f"], found["x:b"]) == ("3", "0.25", "true")


@pytest.mark.parametrize("text", ["config: {x:a: 1, x:a: 2}\n", 'config: {x:a: "\\ud800"}\n'])
def test_the_cli_refuses_these_too(pulumi: Read, text: str):
    with pytest.raises(CommandError):
        pulumi(text)
