"""The command `import` prints the commands that bring an existing topic under management, and refuses topics that cannot be imported."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.combinations import ALLOWED, MSK, Combination
from workbench.__main__ import app
from workbench.importing.importing import imports, steps, without_existing
from workbench.plan import plan

FORM = Combination("aws", "msk", "eks", "existing-topic")
TYPE = "aws:msk/topic:Topic"
PARENT = (
    "urn:pulumi:prod::pipes::data-pipes:index:Pipeline$data-pipes:index:Pipe$data-pipes:aws:MskTopic::matrix-orders"
)
PROVIDER = "urn:pulumi:prod::pipes::pulumi:providers:aws::matrix"
EXISTING = PARENT.replace("::matrix-orders", f"${TYPE}::matrix-orders-existing")


def resource(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2].rsplit("$", 1)[-1], **more}


DEPLOYED = [resource(PARENT), resource(PROVIDER)]


def existing(partitions: int = 12) -> dict[str, Any]:
    return resource(EXISTING, id=f"{MSK},orders", external=True, outputs={"partitionCount": partitions})


def run(tmp_path: Path, *, pipe: str = "orders", resources: Any = None, topic: Any = None, form: Any = FORM):
    """Run the command on a stack file with a pipe and a state."""
    stack = form.stack_file()
    pipes = {"orders": {**stack.config["data-pipes:pipes"]["orders"], **({"topic": topic} if topic else {})}}
    secrets = {"data-pipes:secrets": {name: {"secure": "v1:x"} for name in stack.config["data-pipes:secrets"]}}
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump({"config": {**stack.config, **secrets, "data-pipes:pipes": pipes}}))
    options: list[str] = []
    if resources is not None:
        (tmp_path / "state.json").write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
        options = ["--state", str(tmp_path / "state.json")]
    return CliRunner().invoke(app, ["import", str(file), pipe, *options], env={"PATH": str(tmp_path)})


def test_the_ids_are_those_of_the_deployed_stack(tmp_path: Path):
    done = run(tmp_path, resources=[*DEPLOYED, existing()])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (
        f"pulumi import --stack prod --generate-code=false --parent 'topic={PARENT}' --provider provider={PROVIDER} "
        f"{TYPE} matrix-orders-topic {MSK},orders\n"
    )


def test_a_data_stream_is_imported_by_its_name_although_the_state_has_its_arn(tmp_path: Path):
    parent = PARENT.replace("MskTopic", "KinesisStream")
    stream = resource(
        parent.replace("::matrix-orders", "$aws:kinesis/stream:Stream::matrix-orders-existing"),
        id="arn:aws:kinesis:eu-west-1:123456789012:stream/matrix-orders",
        external=True,
        outputs={"shardCount": 3},
    )
    state = [resource(parent), resource(PROVIDER), stream]
    form = Combination("aws", "kinesis", "eks", "existing-topic")
    done = run(tmp_path, resources=state, topic={"existing": True, "name": "matrix-orders"}, form=form)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith(" aws:kinesis/stream:Stream matrix-orders-stream matrix-orders\n")


def test_the_steps_have_the_number_of_partitions(tmp_path: Path):
    done = run(tmp_path, resources=[*DEPLOYED, existing(partitions=12)])
    assert "remove topic.existing, set parallelism to 12," in done.stderr


def test_without_a_state_no_command_is_printed_and_the_error_says_how_to_get_it(tmp_path: Path):
    done = run(tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "prod: the state of the stack, which has the ids, was not found." in done.stderr
    assert "pulumi stack export --stack prod --file FILE" in done.stderr


@pytest.mark.parametrize(
    ("topic", "pipe", "message"),
    [
        (
            {"existing": True, "name": "events"},
            "orders",
            "pipes.orders.topic.name: must be orders for a topic to import",
        ),
        ({"retentionHours": 24}, "orders", "pipes.orders.topic.existing: must be true for a topic to import"),
        (None, "order", "pipes: has no pipe 'order'. Did you mean orders?"),
    ],
)
def test_a_pipe_without_an_importable_topic_is_refused_by_key(tmp_path: Path, topic: Any, pipe: str, message: str):
    done = run(tmp_path, topic=topic, pipe=pipe)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_topic_with_the_name_of_its_pipe_is_accepted(tmp_path: Path):
    assert run(tmp_path, topic={"existing": True, "name": "orders"}, resources=[*DEPLOYED, existing()]).exit_code == 0


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (DEPLOYED, "the state of the stack does not have matrix-orders-existing"),
        ([existing(), resource(PARENT)], "the state of the stack does not have matrix."),
        (
            [existing(), resource(EXISTING.replace("-existing", "-topic"))],
            "the topic is already in the state of the stack, as matrix-orders-topic",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_a_problem(tmp_path: Path, resources: Any, message: str):
    done = run(tmp_path, resources=resources)
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        *(
            f'{{"deployment": {{"resources": {resources}}}}}'
            for resources in ("[{}]", "[1]", "{}", '[{"urn": "a", "type": "b"}]')
        ),
    ],
)
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: str):
    file = tmp_path / "state.json"
    file.write_text(content)
    done = CliRunner().invoke(app, ["import", "aws-msk-eks", "orders", "--state", str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"--state {file}: must be the output of pulumi stack export")
    assert "unpack" not in done.stderr, "the reason is about the file"


def test_the_secret_of_a_confluent_key_is_never_printed(tmp_path: Path):
    form = Combination("aws", "confluent", "eks", "existing-topic")
    base = "urn:pulumi:prod::pipes::data-pipes:index:Pipeline$data-pipes:"
    topic = resource(
        f"{base}index:Pipe$data-pipes:confluent:ConfluentTopic$confluentcloud:index/kafkaTopic:KafkaTopic::matrix-orders-existing",
        id="lkc-abc123/orders",
        outputs={"partitionsCount": 3, "restEndpoint": "https://pkc-1.eu-west-1.aws.confluent.cloud:443"},
    )
    key = resource(
        f"{base}confluent:ExistingConfluent$confluentcloud:index/apiKey:ApiKey::matrix-manager",
        id="ABCDEFGHIJKLMNOP",
        outputs={"secret": {"4dabf18193072939515e22adb298388d": "1b47", "ciphertext": "hidden"}},
    )
    deployed = [
        resource(f"{base}index:Pipe$data-pipes:confluent:ConfluentTopic::matrix-orders"),
        resource("urn:pulumi:prod::pipes::data-pipes:index:Pipeline$pulumi:providers:confluentcloud::matrix-confluent"),
    ]
    done = run(tmp_path, form=form, resources=[*deployed, topic, key])
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "export IMPORT_KAFKA_REST_ENDPOINT=https://pkc-1.eu-west-1.aws.confluent.cloud:443",
        "export IMPORT_KAFKA_API_KEY=ABCDEFGHIJKLMNOP",
    ]
    assert lines[2].startswith('export IMPORT_KAFKA_API_SECRET="$(pulumi stack export --stack prod --show-secrets | ')
    assert lines[3].endswith("confluentcloud:index/kafkaTopic:KafkaTopic matrix-orders-topic lkc-abc123/orders")
    assert "hidden" not in done.output


@pytest.mark.parametrize(
    "form", [each for each in ALLOWED if each.streaming_form == "existing-topic" and not each.platform_form], ids=str
)
def test_no_topic_is_made_with_the_name_of_one_that_was_read(form: Combination):
    """`pulumi import` refuses a URN that is in the state."""
    stack_file = form.stack_file()
    read = {each.urn for each in plan(stack_file).recording.resources if each.external}
    made = {each.urn for each in plan(without_existing(stack_file, "orders")).recording.resources if not each.external}
    assert not made & read


def by_job(service: str, form: str) -> Combination:
    """Return a stack whose topics are made by a Job."""
    return next(
        each for each in ALLOWED if (each.streaming, each.streaming_form, each.platform_form) == (service, form, "")
    )


JOBS = [by_job(service, "existing-topic") for service in ("hdinsight", "kafka-external", "msk-serverless")]


@pytest.mark.parametrize("form", JOBS, ids=str)
def test_a_topic_made_by_a_job_is_not_imported_and_its_settings_come_first(tmp_path: Path, form: Combination):
    done = run(tmp_path, topic={"existing": True}, form=form)
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    first, second, third = done.stderr.splitlines()
    assert first.startswith("orders: nothing to import. A Job makes the topics of this service")
    assert "set parallelism to the topic's number of partitions, and set the topic's present settings" in second
    assert "The Job only checks the settings, because the Kafka has another owner." in third


def test_a_job_sets_the_settings_of_a_topic_on_a_service_that_the_stack_made(tmp_path: Path):
    stack = by_job("msk-serverless", "").stack_file()
    streaming = {"data-pipes:streaming": stack.config["data-pipes:streaming"]}
    made = replace(stack, config={**by_job("msk-serverless", "existing-topic").stack_file().config, **streaming})
    [*_, last] = steps("orders", imports(made, "orders", None))
    assert "The Job then sets the settings of the stack file." in last


@pytest.mark.parametrize("form", JOBS, ids=str)
def test_a_topic_with_another_name_would_be_left_by_its_consumers_so_it_is_refused(tmp_path: Path, form: Combination):
    done = run(tmp_path, topic={"existing": True, "name": "Orders.v1"}, form=form)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "pipes.orders.topic.name: must be orders for a topic to import, got Orders.v1 " in done.stderr
