"""The report in Chromium: no errors, keyboard, phones, light and dark, print. One browser for all tests."""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

from tests.stacks import planned, shipped
from workbench.report.report import report

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE, DESKTOP = 390, 1280
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip(
            "there is no chromium and chromedriver on PATH; on Debian: apt-get install chromium chromium-driver"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    without_proxy = {**os.environ, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    running = webdriver.Chrome(options=options, service=Service(driver, env=without_proxy))
    yield running
    running.quit()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chain = [each.urn for each in shipped().recording.resources if each.type == "aws:msk/cluster:Cluster"]
    span = {"urn": chain[0], "operation": "create", "started": 0.0, "ended": 28.0}
    deploy = {"minutes": 30.0, "longestChain": 28.0, "chain": chain, "spans": [span]}
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report(shipped(), rehearsal={"deploy": deploy}), encoding="utf-8")
    return path


def opened(chromium: webdriver.Chrome, file: Path, *, width: int = DESKTOP, dark: bool = False) -> webdriver.Chrome:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    mode = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [mode]})
    chromium.get(file.as_uri())
    return chromium


def shown(chromium: webdriver.Chrome) -> list[str]:
    """Return the names of the resources that a reader sees."""
    return chromium.execute_script(
        "return [...document.querySelectorAll('#tree summary')].filter(each => each.checkVisibility())"
        ".map(each => each.firstChild.textContent)"
    )


def colours(chromium: webdriver.Chrome) -> tuple[int, int]:
    """Return the lightness of the page and of the picture's background, 0 to 765."""
    script = "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.dp .page')).fill]"
    found = [json.loads(each.replace("rgb(", "[").replace(")", "]")) for each in chromium.execute_script(script)]
    return sum(found[0]), sum(found[1])


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_has_no_errors_and_no_horizontal_scroll(chromium: webdriver.Chrome, file: Path, width: int):
    page = opened(chromium, file, width=width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.get_log("browser") == []


def test_page_and_picture_follow_light_and_dark(chromium: webdriver.Chrome, file: Path):
    assert min(colours(opened(chromium, file))) > 600
    assert max(colours(opened(chromium, file, dark=True))) < 150


def test_the_keyboard_reaches_search_and_tree(chromium: webdriver.Chrome, file: Path):
    page = opened(chromium, file)
    page.switch_to.active_element.send_keys("/")
    box = page.switch_to.active_element
    assert box.get_attribute("aria-label") == "Search resources"
    box.send_keys("orders-topic")
    assert "aws-msk-eks-orders-topic" in shown(page)
    assert "aws-msk-eks-vpc" not in shown(page)
    box.send_keys(Keys.ESCAPE)
    before = shown(page)
    box.send_keys(Keys.TAB, Keys.ENTER)  # open all
    assert len(shown(page)) > len(before)
    assert len(shown(page)) == len(shipped().recording.resources)


def test_a_search_without_a_match_says_so(chromium: webdriver.Chrome, file: Path):
    page = opened(chromium, file)
    page.find_element("css selector", "[data-for=grants]").send_keys("no such identity")
    assert page.find_element("css selector", ".find [role=status]").text == "0 found"


def test_every_text_of_a_picture_is_inside_its_box(chromium: webdriver.Chrome, tmp_path: Path):
    """Fonts of this machine are wider or narrower than the table of widths."""
    pipes = {f"pipe-{n}": {"parallelism": 4, "consumer": {"image": "nginx:1"}} for n in range(20)}
    many = planned({"data-pipes:pipes": pipes, "data-pipes:platform": {"nodes": {"max": 90}}})
    for plan in (shipped(), shipped("aws-kinesis-eks"), shipped("gcp-kafka-gke"), many):
        path = tmp_path / "picture.html"
        path.write_text(report(plan), encoding="utf-8")
        outside = opened(chromium, path).execute_script("""
            const page = document.querySelector('.dp .page').getBoundingClientRect()
            return [...document.querySelectorAll('.dp text')].filter(each => {
              const box = each.getBoundingClientRect()
              return box.left < page.left || box.right > page.right || box.bottom > page.bottom
            }).map(each => each.textContent)""")
        assert outside == []


def test_the_page_can_be_printed(chromium: webdriver.Chrome, file: Path):
    printed: dict[str, Any] = opened(chromium, file).execute_cdp_cmd("Page.printToPDF", {})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
