"""A real Chromium without a window, driven over a pipe as its own tools do.

The pipe is on file descriptors 3 and 4 of the browser; messages are JSON that ends with a zero.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]
NAMES = ("chromium", "chromium-browser", "google-chrome")
END_S, ANSWER_S = 10.0, 30.0
_HIGH = 20


def find_chromium() -> str | None:
    """Return the browser's program, None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of a browser. What it says of itself is kept: errors, and what it asked for."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = os.fdopen(reading, "rb", 0), os.fdopen(writing, "wb", 0)
        self._rest, self._number, self._session = b"", 0, ""
        self._loads = 0
        self.errors = list[str]()
        self.asked = list[str]()

    def open(self) -> None:
        """Make the page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Log", "Network", "Runtime", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> Json:
        """Ask the browser; return its answer."""
        self._number += 1
        asked: Json = {"id": self._number, "method": method, "params": params}
        if self._session:
            asked["sessionId"] = self._session
        self._writing.write(json.dumps(asked).encode() + b"\0")
        while (said := self._next()).get("id") != self._number:
            self._note(said)
        assert "error" not in said, said
        result: Json = said["result"]
        return result

    def go(self, url: str) -> None:
        """Load an address to its end."""
        with self.loading():
            self.call("Page.navigate", url=url)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Do what loads a page; wait for its end."""
        before = self._loads
        yield
        while self._loads == before:
            self._note(self._next())

    def value(self, expression: str) -> Any:
        """Return what an expression is on this page; works where the page's own scripts do not."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_until(self, expression: str) -> None:
        """Ask until an expression holds."""
        until = time.monotonic() + ANSWER_S
        while not self.value(expression):
            assert time.monotonic() < until, expression

    def type_line(self, text: str) -> None:
        """Type into what has the focus, and press enter."""
        self.call("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter",
                      text="\r", windowsVirtualKeyCode=13)  # fmt: skip

    def look_like(self, width: int, height: int = 900, *, phone: bool = False) -> None:
        """Set the size of the window."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=phone)  # fmt: skip

    def prefer(self, scheme: str, media: str = "screen") -> None:
        """Set light or dark, screen or print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def picture(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def printed(self, path: Path) -> None:
        """Keep the page as it is printed."""
        found = self.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(found["data"]))

    def close(self) -> None:
        """Close the pipe: the browser ends by itself then."""
        self._reading.close()
        self._writing.close()

    def _next(self) -> Json:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], ANSWER_S)
            assert ready, "the browser says nothing"
            more = self._reading.read(2**16)
            assert more, "the browser is gone"
            self._rest += more
        said, _, self._rest = self._rest.partition(b"\0")
        found: Json = json.loads(said)
        return found

    def _note(self, said: Json) -> None:
        match said.get("method"):
            case "Page.loadEventFired":
                self._loads += 1
            case "Log.entryAdded":
                self.errors.append(said["params"]["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.errors.append(str(said["params"]["exceptionDetails"]))
            case "Network.requestWillBeSent":
                self.asked.append(said["params"]["request"]["url"])


def _high_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are not what the browser's own shall be."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Start a browser with a profile of its own; end it at the end. Skips where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    to_us, from_browser = _high_pipe()
    to_browser, from_us = _high_pipe()
    command = [
        "bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", program,
        "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
        "--disable-background-networking", "--disable-dev-shm-usage", "--no-first-run",
        "--hide-scrollbars", f"--user-data-dir={folder}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            pass_fds=(to_browser, from_browser),
        )  # fmt: skip
    os.close(to_browser)
    os.close(from_browser)
    page = Page(to_us, from_us)
    try:
        page.open()
        yield page
    finally:
        page.close()
        process.terminate()
        process.wait(END_S)
