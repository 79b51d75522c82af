"""Real Prometheus on this machine for tests. It scrapes targets, evaluates rules, and ends with this process."""

import http.client
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from workbench.servers.child import bound
from workbench.servers.ports import HOST, free_ports
from workbench.servers.prometheus_binaries import prometheus_binaries

START_SECONDS = 60
REQUEST_SECONDS = 30


class PrometheusServerError(Exception):
    """The server does not run or rejects a request. The message has the reason or the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Alert that is pending or firing."""

    name: str
    state: Literal["pending", "firing"]
    labels: Mapping[str, str]
    """All labels except the name."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One element of the result of a query."""

    labels: Mapping[str, str]
    value: float


class PrometheusServer:
    """Prometheus with an empty database. A context manager that always ends it. It listens only on loopback."""

    def __init__(
        self,
        report: Callable[[str], None],
        *,
        targets: Mapping[str, Mapping[str, str]],
        rules: Mapping[str, Any],
        milliseconds: int,
    ) -> None:
        """Configure the server.

        Args:
            report: Called with one line before the first build.
            targets: Labels by address, such as `127.0.0.1:8080`. A target may start later and end earlier than the server.
            rules: Content of the rule file.
            milliseconds: Interval of scrapes and evaluations.
        """
        self._report = report
        self._targets = targets
        self._rules = rules
        self._milliseconds = milliseconds
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start the server and wait until it is ready. The first scrapes follow."""
        program = prometheus_binaries(self._report).prometheus
        with ExitStack() as cleanup:
            self._directory = Path(
                cleanup.enter_context(
                    tempfile.TemporaryDirectory(prefix="data-pipes-prometheus-", ignore_cleanup_errors=True)
                )
            )
            [self._port] = free_ports(1)
            self._write("rules.json", self._rules)
            self._write("prometheus.json", self._configuration())
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
                    bound([program, *self._flags()]),
                    cwd=self._directory,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            cleanup.callback(self._end)
            self._wait_until_ready()
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the server and remove its files."""
        self._cleanup.close()

    def alerts(self) -> list[Alert]:
        """Return the alerts that are pending or firing now."""
        return [
            Alert(
                name=each["labels"]["alertname"],
                state=each["state"],
                labels={name: value for name, value in each["labels"].items() if name != "alertname"},
            )
            for each in self._get("alerts")["alerts"]
        ]

    def query(self, expression: str) -> list[Sample]:
        """Return the result of a PromQL expression whose type is an instant vector."""
        result = self._get("query", query=expression)["result"]
        return [Sample(labels=each["metric"], value=float(each["value"][1])) for each in result]

    def log(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def _configuration(self) -> Mapping[str, Any]:
        interval = f"{self._milliseconds}ms"
        targets = [{"targets": [address], "labels": labels} for address, labels in self._targets.items()]
        return {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": ["rules.json"],
            "scrape_configs": [{"job_name": "targets", "static_configs": targets}],
        }

    def _flags(self) -> list[str]:
        return [
            "--config.file=prometheus.json",  # JSON is YAML
            f"--web.listen-address={HOST}:{self._port}",
            "--storage.tsdb.path=data",
            "--log.level=warn",
            "--scrape.discovery-reload-interval=100ms",  # the first scrape waits this long, by default 5 seconds
        ]

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._ready():
            if self._process.poll() is not None:
                raise PrometheusServerError(f"prometheus ended with status {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise PrometheusServerError(f"prometheus is not ready after {START_SECONDS} s:\n{self.log()}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self._port}/-/ready", timeout=REQUEST_SECONDS) as answer:
                return answer.status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):  # no listener yet, or 503 while it starts
            return False

    def _get(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of the API. Raises PrometheusServerError."""
        address = f"http://{HOST}:{self._port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=REQUEST_SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise PrometheusServerError(f"prometheus rejected {path}: {error.read().decode()}") from None
        except (OSError, http.client.HTTPException) as error:
            raise PrometheusServerError(f"prometheus does not answer: {error}\n{self.log()}") from None

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _write(self, name: str, content: Any) -> None:
        (self._directory / name).write_text(json.dumps(content), encoding="utf-8")

    @property
    def _log(self) -> Path:
        return self._directory / "log"
