"""Consumer process: signals, exit status, and one line for each error."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

KAFKA = {"STREAM_SERVICE": "kafka", "STREAM_TOPIC": "orders", "STREAM_GROUP": "orders"}

PROGRAM = """
    import os, sys
    from consumer import run as program
    from consumer.errors import ConsumerError, WrongEnvironmentError

    class Source:
        dead_letters = None

        def run(self, delivery):
            {body}

    def source(variables):
        return Source()

    program.SOURCES["test"] = "__main__"
    sys.exit(program.run(os.environ, lambda record: None, port=0))
"""


def started(body: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(PROGRAM).format(body=body)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.defpath, "STREAM_SERVICE": "test"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(**environment: str) -> tuple[int, str]:
    """Run the consumer until it exits. Return its exit status and output."""
    done = subprocess.run(
        [sys.executable, "-m", "consumer"],
        cwd=ROOT,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, told(done.stderr)


def told(errors: str) -> str:
    """Return the output without the line that reports the port."""
    return "".join(line for line in errors.splitlines(keepends=True) if "answer on port" not in line)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_consumer_with_status_0(number):
    with started("print('reads', flush=True); delivery.stopping.wait()") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "reads\n"
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, told(said)) == (0, "")


def test_a_permanent_error_is_reported_in_one_line_with_status_1():
    with started("raise ConsumerError('the brokers refuse it')") as process:
        said = process.communicate(timeout=60)[1]
    assert (process.returncode, told(said)) == (1, "consumer: the brokers refuse it\n")


def test_an_environment_error_found_while_reading_has_status_2():
    with started("raise WrongEnvironmentError('KAFKA_X: is unknown')") as process:
        said = process.communicate(timeout=60)[1]
    assert (process.returncode, told(said)) == (2, "KAFKA_X: is unknown\n")


def test_the_service_is_required():
    assert ended() == (2, "STREAM_SERVICE: is required.\n")


def test_an_unknown_service_is_reported_with_the_valid_ones():
    status, said = ended(STREAM_SERVICE="rabbit")
    assert status == 2
    assert said == "STREAM_SERVICE: must be one of kafka, kinesis, kinesis-video, pubsub, got 'rabbit'.\n"


def test_all_environment_errors_are_reported_at_once():
    status, said = ended(STREAM_SERVICE="kafka", STREAM_MAX_DELIVERY_ATTEMPTS="0")
    assert status == 2
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "STREAM_TOPIC",
        "STREAM_GROUP",
        "KAFKA_BOOTSTRAP_SERVERS",
        "STREAM_MAX_DELIVERY_ATTEMPTS",
    ]


def test_an_unknown_librdkafka_property_is_reported_without_a_traceback():
    status, said = ended(**KAFKA, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", KAFKA_HOME="/opt/kafka")
    assert (status, said) == (2, 'KAFKA_...: No such configuration property: "home" (_INVALID_ARG)\n')


def test_a_missing_certificate_is_reported_with_its_path(tmp_path):
    path = str(tmp_path / "ca.crt")
    status, said = ended(**KAFKA, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1", KAFKA_SSL_CA_LOCATION=path)
    assert (status, said) == (2, f"KAFKA_SSL_CA_LOCATION: file {path} does not exist.\n")
