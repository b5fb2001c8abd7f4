"""A headless Chromium, spoken to over a pipe, in the words of its DevTools protocol."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
MISSING = "Chromium is not on PATH; pages are looked at in it: apt-get install chromium"
Message = dict[str, Any]


class Browser:
    """A browser with one tab that has no network."""

    def __init__(self, profile: Path) -> None:
        """`profile` is an empty folder for it to write to."""
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        assert program, MISSING
        hears, self._to = os.pipe()
        self._from, tells = os.pipe()
        # The protocol has its pipes at descriptors 3 and 4. They are moved by way of high numbers, since the
        # ones they have may be just these.
        script = 'exec 13<&"$1" 14>&"$2"; shift 2; exec "$@" 3<&13 4>&14'
        self._process = subprocess.Popen(
            [
                "bash",
                "-c",
                script,
                "bash",
                str(hears),
                str(tells),
                program,
                *FLAGS,
                f"--user-data-dir={profile}",
            ],
            pass_fds=(hears, tells),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(hears)
        os.close(tells)
        self._rest = b""
        self._number = 0
        self._session = ""
        self.events: list[Message] = []
        """What the tab has told, oldest first."""

    def __enter__(self) -> Self:
        """Open the tab."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.send("Network.emulateNetworkConditions", **offline)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def send(self, method: str, **parameters: object) -> Message:
        """Ask for something, and wait for the answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer)
                result: Message = answer["result"]
                return result
            self.events.append(answer)

    def wait_for(self, method: str) -> None:
        """Wait for an event that has not come yet."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def open(self, page: Path, *, width: int, dark: bool = False) -> None:
        """Show a file of this machine in a window of this width."""
        self.events.clear()
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=page.resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever JSON it gives
        """What an expression gives in the page."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The whole page as a PNG."""
        taken = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(taken["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.send("Page.printToPDF")["data"])

    def _next(self) -> Message:
        while b"\0" not in self._rest:
            read = os.read(self._from, 1 << 20)
            assert read, "Chromium has ended by itself"
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\0")
        message: Message = json.loads(line)
        return message
