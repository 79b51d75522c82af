"""The command `dev`: wrong options and stacks end with status 2 and one line, and the pipe is that of the stack."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.combinations import ALLOWED, Combination
from tests.stacks import changed
from workbench.__main__ import app
from workbench.dev.kafka import KafkaPipe, dev_pipe
from workbench.dev.service import DeadLetter, partitions_of
from workbench.dev.service import dev_pipe as dev_pipe_of_any_service
from workbench.dev.summary import ConsumerRow, Summary
from workbench.plan import plan


@pytest.fixture
def handler(tmp_path: Path) -> str:
    path = tmp_path / "handler.py"
    path.write_text("def handle(record): ...")
    return str(path)


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["dev", *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--for", "10"], "--for: must be a number of seconds or minutes such as 10s or 2m, got 10."),
        (["--for", "-1s"], "--for: must be a number of seconds or minutes"),
        (["--rate", "0"], "--rate: must be above 0"),
        (["--rate", "nan"], "--rate: must be above 0"),
        (["--expect-handled", "5"], "--expect-handled: must be used with --for, got no --for (the run would not end)."),
        (["--expect-handled", "0", "--for", "1s"], "--expect-handled: must be at least 1, got 0."),
        (["--produce", "/no/such/file"], "--produce /no/such/file: must be a file that can be read"),
    ],
)
def test_a_wrong_option_is_named_with_the_rule(handler: str, options: list[str], message: str):
    said = refused(handler, *options)
    assert said.startswith(message)
    assert said.count("\n") == 1


def test_a_handler_that_does_not_exist_is_refused():
    assert refused("no/handler.py").startswith("HANDLER: must be a Python file, got no/handler.py (no such file).")


def test_a_stack_with_video_streams_is_refused_with_the_fix(handler: str):
    rule = "the first pipe must have a Kafka topic, got aws:kinesis/videoStream:VideoStream"
    runs = "(dev runs Kafka, Kinesis Data Streams and Pub/Sub). Use a Kafka stack such as aws-msk-eks."
    assert f"{rule} {runs}" in refused(handler, "aws-video-ecs")


@pytest.mark.parametrize(
    ("stack", "line", "message"),
    [
        ("aws-kinesis-eks", '{"value": null}', "a value that is not null, got 1 others"),
        ("aws-kinesis-eks", '{"value": 1, "headers": {"a": "b"}}', "no headers, got 1 others"),
        ("gcp-pubsub-gke", '{"value": ""}', "a value that is not empty, got 1 others"),
    ],
)
def test_records_that_the_service_cannot_keep_are_refused(
    handler: str, tmp_path: Path, stack: str, line: str, message: str
):
    records = tmp_path / "records.jsonl"
    records.write_text(line)
    said = refused(handler, stack, "--produce", str(records))
    assert said.startswith(f"--produce: each record must have {message}")
    assert said.count("\n") == 1


def test_a_wrong_handler_is_refused_without_the_secrets_that_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("API_TOKEN", "hunter22")
    path = tmp_path / "handler.py"
    path.write_text("import os\nraise OSError('refused ' + os.environ['API_TOKEN'])")
    assert refused(str(path)).startswith(
        f"{path} line 2: must be importable, got OSError: refused [API_TOKEN]. Correct that line"
    )


def pipe(**settings: object) -> KafkaPipe:
    return dev_pipe(plan(changed({"data-pipes:pipes": {"orders": {"parallelism": 3, **settings}}})))


def test_the_consumers_get_the_pipes_own_settings_and_not_those_of_the_handler():
    made = pipe(consumer={"batch": {"records": 50}, "environment": {"KAFKA_FETCH_MIN_BYTES": "9", "DATABASE": "prod"}})
    variables = made.variables("orders")
    assert partitions_of(made) == 3
    assert variables["STREAM_BATCH_RECORDS"] == "50"
    assert variables["KAFKA_FETCH_MIN_BYTES"] == "9"
    assert variables["STREAM_DEAD_LETTERS"] == made.dead_letters("orders") == "orders.dead-letters"
    assert variables["STREAM_MAX_DELIVERY_ATTEMPTS"] == "5"
    assert "DATABASE" not in variables


def test_disabled_dead_letters_are_disabled_here_too():
    made = pipe(topic={"deadLetter": {"enabled": False}})
    assert made.dead_letters("orders") is None
    assert "STREAM_DEAD_LETTERS" not in made.variables("orders")


def test_at_most_twelve_partitions_are_used():
    assert partitions_of(pipe(parallelism=13)) == 12


@pytest.mark.parametrize(
    "existing",
    list({each.streaming: each for each in ALLOWED if each.streaming_form == "existing-topic"}.values()),
    ids=str,
)
def test_a_topic_that_was_there_before_has_its_partitions_and_no_settings_of_the_stack(existing: Combination):
    made = dev_pipe_of_any_service(plan(existing.stack_file()))
    assert partitions_of(made) == 3
    # On Pub/Sub the subscriptions are made, and they have settings.
    assert not made.config or existing.streaming == "pubsub"


def test_the_summary_has_the_sums_of_all_consumers():
    row = ConsumerRow(name="orders-0", partitions=(0, 2), handled=7, failed=5, lag=2, last_error="[red]wrong")
    letter = DeadLetter(partition=0, offset=17, key=None, reason="ValueError", attempts=5)
    summary = Summary(
        stack="aws-msk-eks",
        pipe="orders",
        topic="orders",
        config={},
        written=15,
        consumers=(row, row),
        dead_letters=(letter,),
        lag=4,
        reloads=1,
        problems=(),
    )
    assert summary.totals == "written 15, handled 14, failed calls 10, dead letters 1, lag 4"
    assert str(letter) == "partition 0 offset 17, after 5 attempts: ValueError"
    assert summary.as_json()["consumers"][0]["partitions"] == (0, 2)
