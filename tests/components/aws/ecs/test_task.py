"""Container definitions of a consumer's task on ECS."""

import json
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from components.aws.ecs.task import ASK_LIVE, ConsumerTask, container_definitions, volumes
from workbench.cloud.aws.container_definitions import as_stored

TOKEN = PurePosixPath("/etc/consumer/token")
TASK = ConsumerTask(
    image="registry.example.com/orders:1",
    health_command=None,
    stop_seconds=60,
    environment={"STREAM_TOPIC": "orders", "LOG_LEVEL": "info"},
    secrets={"TOKEN": "arn:token", "API": "arn:api"},
    files={TOKEN: "arn:file"},
    log_group="/data-pipes/test/pipe-orders",
    log_prefix="test-orders",
    region="eu-west-1",
)


def containers(task=TASK, **changes):
    return {each["name"]: each for each in json.loads(container_definitions(replace(task, **changes)))}


def test_ecs_adds_no_defaults_so_a_second_up_shows_no_diff():
    assert as_stored(container_definitions(TASK), "awsvpc") == {}
    assert as_stored(container_definitions(replace(TASK, files={}, secrets={}, environment={})), "awsvpc") == {}


def test_the_json_does_not_depend_on_the_order_of_variables_and_files():
    other = PurePosixPath("/srv/other/key")
    one = replace(TASK, files={TOKEN: "arn:file", other: "arn:other"})
    two = replace(
        TASK,
        environment=dict(sorted(TASK.environment.items(), reverse=True)),
        secrets=dict(sorted(TASK.secrets.items(), reverse=True)),
        files=dict(sorted(one.files.items(), reverse=True)),
    )
    assert container_definitions(one) == container_definitions(two)


def test_the_consumer_has_its_variables_and_only_references_to_its_secrets():
    consumer = containers()["consumer"]
    assert consumer["environment"] == [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "STREAM_TOPIC", "value": "orders"},
    ]
    assert consumer["secrets"] == [
        {"name": "API", "valueFrom": "arn:api"},
        {"name": "TOKEN", "valueFrom": "arn:token"},
    ]
    assert consumer["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert consumer["stopTimeout"] == 60


def test_containers_have_a_read_only_root_filesystem_and_no_capabilities():
    for name, user in (("consumer", "65532:65532"), ("files", "0:65532")):
        container = containers()[name]
        assert container["readonlyRootFilesystem"] is True
        assert container["privileged"] is False
        assert container["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
        assert container["user"] == user
    assert containers()["consumer"]["linuxParameters"]["initProcessEnabled"] is True


def test_logs_go_to_the_pipe_s_group_without_blocking_the_consumer():
    for container in containers().values():
        assert container["logConfiguration"] == {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/data-pipes/test/pipe-orders",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "test-orders",
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        }


def test_a_consumer_without_files_has_no_init_container():
    alone = containers(files={})
    assert list(alone) == ["consumer"]
    assert alone["consumer"]["mountPoints"] == []
    assert "dependsOn" not in alone["consumer"]
    assert "secrets" not in containers(secrets={})["consumer"]


def test_files_are_written_before_the_consumer_starts_and_it_cannot_change_them():
    consumer, files = containers()["consumer"], containers()["files"]
    assert consumer["dependsOn"] == [{"containerName": "files", "condition": "SUCCESS"}]
    assert (consumer["essential"], files["essential"]) == (True, False)
    mount = {"sourceVolume": "files-0", "containerPath": "/etc/consumer"}
    assert consumer["mountPoints"] == [{**mount, "readOnly": True}]
    assert files["mountPoints"] == [{**mount, "readOnly": False}]
    assert files["secrets"] == [{"name": "FILE_0", "valueFrom": "arn:file"}]
    assert "arn:file" not in json.dumps(consumer)


def test_each_directory_is_a_volume_unless_it_is_inside_another():
    paths = ["/etc/consumer/token", "/etc/consumer/key", "/etc/consumer/tls/deep/cert", "/srv/b/c"]
    assert volumes(map(PurePosixPath, paths)) == {
        PurePosixPath("/etc/consumer"): "files-0",
        PurePosixPath("/srv/b"): "files-1",
    }


@hypothesis_settings(max_examples=20)
@example(value="-n 100%s \\n '\"$(exit 1)`exit 1`\"'\n\n")
@given(value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_file_contains_its_secret_unchanged(value, tmp_path_factory):
    directory = tmp_path_factory.mktemp("files")
    paths = [PurePosixPath(directory / "own" / "token"), PurePosixPath(directory / "own" / "deep er" / "it's")]
    command = containers(files=dict.fromkeys(paths, "arn"))["files"]["command"]
    variables = {"FILE_0": value, "FILE_1": value}
    subprocess.run(command, env={"PATH": "/usr/bin:/bin", **variables}, check=True)
    for path in paths:
        assert (directory / path).read_bytes() == value.encode()
        assert (directory / path).stat().st_mode & 0o777 == 0o440
        assert (directory / path).parent.stat().st_mode & 0o777 == 0o750


def test_the_init_container_fails_if_a_file_cannot_be_written(tmp_path):
    (tmp_path / "blocked").write_text("")
    paths = [PurePosixPath(tmp_path / name / "token") for name in ("blocked", "free")]
    command = containers(files=dict.fromkeys(paths, "arn"))["files"]["command"]
    variables = {"FILE_0": "first", "FILE_1": "second"}
    run = subprocess.run(command, env={"PATH": "/usr/bin:/bin", **variables}, check=False, capture_output=True)
    assert run.returncode != 0


def test_the_health_check_has_the_same_timing_as_the_probes_on_kubernetes():
    check = containers()["consumer"]["healthCheck"]
    assert check == {
        "command": ["CMD", *ASK_LIVE],
        "interval": 10,
        "timeout": 5,
        "retries": 6,
        "startPeriod": 300,
    }
    assert "healthCheck" not in containers()["files"]


def test_a_custom_health_command_replaces_the_default():
    check = containers(health_command=("/bin/alive", "--now"))["consumer"]["healthCheck"]
    assert check["command"] == ["CMD", "/bin/alive", "--now"]


@contextmanager
def consumer(status):
    """Run a local HTTP server that answers /live with a status and other paths with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/live" else 404)
            self.end_headers()

        def log_request(self, code="-", size="-"):
            """Do not log requests."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "alive"), [(200, True), (503, False)])
def test_the_default_health_command_checks_the_live_endpoint(status, alive):
    with consumer(status) as port:
        command = [part.replace("127.0.0.1:8080", f"127.0.0.1:{port}") for part in ASK_LIVE]
        run = subprocess.run(command, env={"PATH": "/usr/local/bin:/usr/bin:/bin"}, check=False, capture_output=True)
    assert (run.returncode == 0) is alive
