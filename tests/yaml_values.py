"""Values that YAML 1.1 and 1.2 may read differently, and ways to write them in a stack file."""

import json
import random
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from workbench.stack_file import find_stack_file

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
"""Positions of a scalar: top level, object, list, flow, key."""
ENTRIES = [
    *(place.format(scalar) for number, place in enumerate(PLACES) for scalar in SCALARS[:: 1 if number == 0 else 6]),
    *(f"x:k: {value}" for value in (*BLOCKS, *NESTED)),
]

Read = Callable[[str], dict[str, str]]


def reader(file: Path) -> Read:
    """Return a function that reads a stack file like `plan`. It raises StackFileError."""

    def read(text: str) -> dict[str, str]:
        file.write_bytes(text.encode())
        return {key: comparable(value) for key, value in find_stack_file(str(file)).program_config().items()}

    return read


def comparable(value: str) -> str:
    """Return a value in a comparable form: objects as JSON with sorted keys."""
    try:
        parsed: Any = json.loads(value)
    except ValueError:
        return value
    return json.dumps(parsed, sort_keys=True) if isinstance(parsed, dict | list) else value
