"""Files of records to produce: forms of a line, and one error for each wrong line."""

from pathlib import Path

import pytest

from workbench.dev.lines import Line, read
from workbench.output import FlagError


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ('{"value": {"id": 1}}', Line(value=b'{"id": 1}', headers={})),
        ('{"value": "text é"}', Line(value="text é".encode(), headers={})),
        ('{"value": null, "key": "a"}', Line(value=None, key=b"a", headers={})),
        ('{"value": 7, "key": 7, "headers": {"h": "1"}}', Line(value=b"7", key=b"7", headers={"h": b"1"})),
        ('{"value": [true], "key": null, "headers": null}', Line(value=b"[true]", headers={})),
    ],
)
def test_each_form_of_a_line_is_a_record(tmp_path: Path, line: str, record: Line):
    assert read(written(tmp_path, f"{line}\r\n\n")) == [record]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "must be a JSON object in one line (Expecting property name enclosed in double quotes at column 2)."),
        ("[" * 100_000, "must be a JSON object in one line (nested too deeply)."),
        ("7", "must be a JSON object, got a number."),
        ('{"key": "a"}', "must have the key value (null for a tombstone)."),
        ('{"value": 1, "keys": "a", "at": 2}', "must have no keys but value, key, headers, got 'keys', 'at'."),
        ('{"value": 1, "key": [1]}', "key: must be a string or a whole number, got a list."),
        ('{"value": 1, "key": true}', "key: must be a string or a whole number, got true or false."),
        ('{"value": 1, "headers": {"a": 1}}', "headers: must be an object of strings."),
        ('{"value": "\\ud800"}', "must have no unpaired surrogates"),
        (b'{"value": "\xff"}', "must be UTF-8 text, got an invalid byte at position 12."),
    ],
)
def test_a_wrong_line_is_named_with_the_rule(tmp_path: Path, line: str | bytes, error: str):
    content = line if isinstance(line, bytes) else line.encode()
    path = written(tmp_path, b'{"value": 1}\n\n' + content)
    with pytest.raises(FlagError) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path} line 3: {error}")
    assert "\n" not in str(refused.value)


def test_all_wrong_lines_are_reported_at_once_up_to_ten(tmp_path: Path):
    with pytest.raises(FlagError) as refused:
        read(written(tmp_path, "nope\n" * 13))
    lines = str(refused.value).splitlines()
    assert len(lines) == 11
    assert lines[-1].endswith(": 3 more lines are wrong.")


def test_an_empty_or_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(FlagError, match="must have at least one record, got none"):
        read(written(tmp_path, "\n"))
    with pytest.raises(
        FlagError, match=r"--produce \S+: must be a file that can be read \(No such file or directory\)"
    ):
        read(tmp_path / "no.jsonl")
