"""Tests that stack files are read as Pulumi reads them, and that errors are reported in one line."""

import json
from pathlib import Path

import pytest

from components.settings import SettingsError
from workbench.stack_file import ROOT, StackFile, StackFileError, find_stack_file, read_settings

CONFIG = """\
config:
  aws:region: eu-west-1
  data-pipes:protect: false
  data-pipes:pipes:
    orders:
      parallelism: 3
      consumer: {image: "x:1", secrets: {TOKEN: ordersToken}, files: {/etc/token: ordersToken, /etc/key: clientKey}}
    audit: {parallelism: 2, consumer: {image: "y:1"}}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "Pulumi.dev.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return f"./{name}"

    return write


def read(write, text: str, name: str = "Pulumi.dev.yaml") -> StackFile:
    return find_stack_file(write(text, name))


def refusal(write, text: str) -> str:
    with pytest.raises(StackFileError) as caught:
        read(write, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_stack_in_stacks_is_found_by_name():
    stack_file = find_stack_file("aws-msk-eks")
    assert stack_file.path == ROOT / "stacks" / "Pulumi.aws-msk-eks.yaml"
    assert stack_file.stack == "aws-msk-eks"


def test_messages_name_a_file_relative_to_the_working_directory(write, monkeypatch: pytest.MonkeyPatch):
    assert read(write, CONFIG).source == "Pulumi.dev.yaml"
    monkeypatch.chdir(ROOT)
    assert find_stack_file("aws-msk-eks").source == "stacks/Pulumi.aws-msk-eks.yaml"


def test_a_file_anywhere_is_a_stack_named_after_it(write, tmp_path: Path):
    assert read(write, CONFIG).stack == "dev"
    assert read(write, CONFIG, "my stack.yml").stack == "my-stack"
    assert find_stack_file(str(tmp_path / "Pulumi.dev.yaml")).stack == "dev"


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(StackFileError, match=r"no stack 'aws-msk-ecks' in stacks/\. Did you mean aws-msk-eks\?"):
        find_stack_file("aws-msk-ecks")
    with pytest.raises(StackFileError, match=r"no stack 'zzz' in stacks/\. Use one of: .*aws-msk-eks"):
        find_stack_file("zzz")


def test_a_path_without_a_file_is_refused(write):
    with pytest.raises(StackFileError, match=r"\./nowhere\.yaml: no such file"):
        find_stack_file("./nowhere.yaml")


def test_a_directory_is_refused_as_unreadable(tmp_path: Path):
    with pytest.raises(StackFileError, match="cannot be read: Is a directory"):
        find_stack_file(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Pulumi.dev.yaml: must be a map with the key config, got an empty file."),
        ("- a\n", "Pulumi.dev.yaml: must be a map with the key config, got a list."),
        ("config:\n", "Pulumi.dev.yaml: config: must be a map from keys such as aws:region to values, got nothing."),
        ("config: yes\n", "Pulumi.dev.yaml: config: must be a map from keys such as aws:region to values, got 'yes'."),
        ("confg: {}\n", "Pulumi.dev.yaml: confg: unknown key. Did you mean config?"),
        (
            "config:\n  aws:region: a\n  aws:region: b\n",
            "Pulumi.dev.yaml: line 3: aws:region: must be unique (line 2 has the same key). Remove one.",
        ),
        (
            "config:\n  data-pipes:pipes:\n    orders: {parallelism: 3, parallelism: 4}\n",
            "Pulumi.dev.yaml: line 3: parallelism: must be unique (line 3 has the same key). Remove one.",
        ),
        (
            "config:\n  ? [a]\n  : b\n",
            "Pulumi.dev.yaml: line 2: a key must be a string, got a list or a map. Write it in quotes.",
        ),
        ("config: {a: !!python/none x}\n", "line 1: a: must have no tag, got !!python/none. Write it in quotes."),
        ("config: {a: !!set {b}}\n", "line 1: a: must have no tag, got !!set. Remove the tag."),
        ("config: {a: 012345670123}\n", "line 1: a: must be a string or a decimal number such as 3 or 1.5 ("),
        ("config:\n  a: [1, 0777]\n", "line 2: must be a string or a decimal number such as 3 or 1.5 ("),
        ("config: {x:t: {1: a}}\n", "line 1: 1: a key must be a string. Write it in quotes."),
        ("config: {x:t: {no: a, null: b}}\n", "line 1: null: a key must be a string. Write it in quotes."),
        (
            "config: {a: {<<: {b: 1}, <<: {c: 1}}}\n",
            "line 1: <<: must be unique (line 1 has the same key). Remove one.",
        ),
        (
            "config: {a: 1}\n---\nconfig: {a: 2}\n",
            "expected a single document in the stream but found another document",
        ),
        (
            "config: {aws:config:region: a}\n",
            "aws:config:region: must be a key such as aws:region, with one colon. Rename it.",
        ),
        (
            "config: {a: 1, data-pipes:a: 2}\n",
            "data-pipes:a: must be unique (the file also has this key as data-pipes:a). Remove one.",
        ),
        (
            'config: {a: "\\ud800"}\n',
            "line 1: a: must be a string of Unicode characters, got half of a surrogate pair. Remove it.",
        ),
    ],
)
def test_an_invalid_stack_file_is_refused_in_one_line(write, text, message):
    assert message in refusal(write, text)


def test_bad_yaml_is_refused_with_its_line(write):
    assert refusal(write, "config:\n  a: [1, 2\n  b: 3\n").startswith("Pulumi.dev.yaml: line 3: ")
    assert refusal(write, "config:\n\ta: 1\n").startswith("Pulumi.dev.yaml: line 2: ")
    assert refusal(write, "config\n  a: 1\n") == (
        "Pulumi.dev.yaml: line 2: must be valid YAML (mapping values are not allowed here). Correct this line or the line above it."
    )
    assert "special characters are not allowed" in refusal(write, "config: \x07\n")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"config: \xff\n")
    with pytest.raises(StackFileError, match="must be UTF-8 text, got an invalid byte at position 9"):
        find_stack_file(str(path))


def test_values_are_read_as_pulumi_reads_them_not_as_yaml_1_1_does(write):
    config = read(
        write,
        "config: {x:a: no, x:b: 12:30, x:c: '2026-01-01', x:d: 1.35, x:e: '012345670123', x:f: true, x:g: 3, x:h: ~, x:i: '3', x:j: 1.0}\n",
    ).config
    assert config == {
        "x:a": "no",
        "x:b": "12:30",
        "x:c": "2026-01-01",
        "x:d": 1.35,
        "x:e": "012345670123",
        "x:f": True,
        "x:g": 3,
        "x:h": None,
        "x:i": "3",
        "x:j": 1,
    }


def test_a_key_without_a_namespace_is_the_project_s_own_as_it_is_for_pulumi(write):
    assert read(write, "config: {protect: false}\n").config == {"data-pipes:protect": False}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("config:\n  data-pipes:tags: &x {a: *x}\n", "contains a value that refers to itself"),
        ("config:\n  data-pipes:tags: &x [*x]\n", "contains a value that refers to itself"),
        ("config: " + "[" * 3000, "is nested too deeply"),
    ],
)
def test_a_file_with_endless_nesting_is_refused_in_one_line(write, text, reason):
    assert reason in refusal(write, text)


def test_the_content_of_an_invalid_file_is_not_repeated_in_full(write):
    assert len(refusal(write, "root:x:0:0 " * 100)) < 200


def test_anchors_and_merges_work(write):
    text = "config:\n  x:p:\n    a: &base {cpu: 1, memory: 2}\n    b: {<<: *base, memory: 3}\n"
    assert read(write, text).config["x:p"] == {"a": {"cpu": 1, "memory": 2}, "b": {"cpu": 1, "memory": 3}}


def test_a_program_receives_text_and_objects_as_json(write):
    config = read(write, CONFIG).program_config()
    assert config["aws:region"] == "eu-west-1"
    assert config["data-pipes:protect"] == "false"
    assert json.loads(config["data-pipes:pipes"])["audit"] == {"parallelism": 2, "consumer": {"image": "y:1"}}


def test_secrets_that_are_referenced_but_missing_get_a_stand_in(write):
    stack_file = read(write, CONFIG)
    assert stack_file.stand_ins == ("secrets.ordersToken", "secrets.clientKey")
    assert stack_file.secret_keys == {"data-pipes:secrets"}
    assert stack_file.config["data-pipes:secrets"] == {
        "ordersToken": "stand-in for secrets.ordersToken",
        "clientKey": "stand-in for secrets.clientKey",
    }


def test_encrypted_values_get_a_stand_in_and_are_never_decrypted(write):
    stack_file = read(
        write,
        CONFIG
        + "  data-pipes:secrets: {ordersToken: {secure: v1:abc}, clientKey: {secure: v1:def}}\n"
        + "  other:token: {secure: v1:ghi}\n"
        + "encryptionsalt: v1:salt\n",
    )
    assert stack_file.stand_ins == ("secrets.ordersToken", "secrets.clientKey", "other:token")
    assert stack_file.secret_keys == {"data-pipes:secrets", "other:token"}
    assert "v1:" not in json.dumps(stack_file.program_config())


def test_secrets_that_are_encrypted_as_a_whole_get_a_stand_in_for_each_that_is_named(write):
    stack_file = read(write, CONFIG + "  data-pipes:secrets: {secure: v1:abc}\n")
    assert stack_file.stand_ins == ("secrets.ordersToken", "secrets.clientKey")


def test_a_secret_in_plain_text_is_refused_even_beside_encrypted_ones(write):
    secrets = "  data-pipes:secrets: {ordersToken: hunter2, clientKey: {secure: v1:def}}\n"
    stack_file = read(write, CONFIG + secrets)
    with pytest.raises(SettingsError) as caught:
        read_settings(stack_file)
    told = [line for line in str(caught.value).splitlines() if ": secrets." in line]
    assert [line.partition(": secrets.")[2].partition(":")[0] for line in told] == ["ordersToken"]
    assert "hunter2" not in str(caught.value)


def test_the_settings_report_secrets_that_are_not_a_map(write):
    stack_file = read(write, CONFIG + "  data-pipes:secrets: [a]\n")
    assert stack_file.config["data-pipes:secrets"] == ["a"]
    assert stack_file.stand_ins == ()


@pytest.mark.parametrize(
    "pipes", ["3", "[a]", "{orders: 3}", "{orders: {consumer: x}}", "{orders: {consumer: {secrets: [a]}}}"]
)
def test_the_settings_report_pipes_of_a_wrong_type(write, pipes):
    assert read(write, f"config: {{'data-pipes:pipes': {pipes}}}\n").stand_ins == ()


def test_with_parallelism_changes_one_number_in_a_copy(write):
    stack_file = read(write, CONFIG)
    grown = stack_file.with_parallelism("orders", 6)
    assert grown.config["data-pipes:pipes"]["orders"]["parallelism"] == 6
    assert grown.config["data-pipes:pipes"]["audit"] == stack_file.config["data-pipes:pipes"]["audit"]
    assert stack_file.config["data-pipes:pipes"]["orders"]["parallelism"] == 3
    with pytest.raises(StackFileError, match=r"pipes: has no pipe 'order'\. Did you mean orders\?"):
        stack_file.with_parallelism("order", 6)


def test_with_config_changes_only_one_key_in_a_copy(write):
    stack_file = read(write, CONFIG)
    assert stack_file.with_config("data-pipes:protect", value=True).program_config()["data-pipes:protect"] == "true"
    assert stack_file.config["data-pipes:protect"] is False
