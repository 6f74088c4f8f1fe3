"""A real browser without a window, that remembers what it fetched and what went wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--window-size=1280,900", "--no-first-run")  # fmt: skip


def find() -> tuple[str, str]:
    """Browser and driver; where IQCURATE_BROWSER is set a lack is an error, else a skip."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    browser = browser or (MACOS if Path(MACOS).exists() else None)
    driver = shutil.which("chromedriver")
    if browser and driver:
        return browser, driver
    missing = "needs Chromium and chromedriver (Debian: apt-get install chromium chromium-driver)"
    if os.environ.get("IQCURATE_BROWSER"):
        raise FileNotFoundError(missing)
    pytest.skip(missing)


class Browser:
    """Chromium, driven by Selenium."""

    def __init__(self, downloads: Path, *, phone: bool = False, dark: bool = False) -> None:
        pytest.importorskip("selenium")
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        browser, driver = find()
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        if phone:
            metrics = {"width": 390, "height": 844, "pixelRatio": 2}
            options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.downloads = downloads
        self.address = ""
        if dark:
            feature = {"name": "prefers-color-scheme", "value": "dark"}
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def open(self, page: Path) -> None:
        """Open a page from disk and wait until it has drawn itself."""
        self.problems()
        self.address = page.resolve().as_uri()
        self.driver.get(self.address)
        self.wait(lambda: self.run("return document.documentElement.dataset.ready") == "yes")

    def run(self, script: str, *arguments: object):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def set(self, selector: str, value: object, event: str = "input") -> None:
        """Give an input a value, as a person who types or drags does, and wait for a frame."""
        self.driver.execute_async_script(
            "const [where, value, event, done] = arguments;"
            "const input = document.querySelector(where);"
            "if (input.type === 'checkbox') input.checked = value; else input.value = value;"
            "input.dispatchEvent(new Event(event, {bubbles: true}));"
            "requestAnimationFrame(() => requestAnimationFrame(done));",
            selector, value, event,
        )  # fmt: skip

    def wait(self, holds, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.problems()
            time.sleep(0.02)

    def problems(self) -> list[str]:
        """What the console said, and every address fetched but the page's own."""
        found = [entry["message"] for entry in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"]
                if address != self.address and not address.startswith(("data:", "blob:")):
                    found.append(f"fetched {address}")
        return found

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.driver.quit()
