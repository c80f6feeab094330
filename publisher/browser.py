"""Chromium as a camera: it shows one page at a time, without a network, and gives a picture of the whole of it.

It is driven over its DevTools protocol: JSON with a NUL after each message, through two pipes. No port is opened, so
nothing else on the machine can talk to it. *Source:* Chromium's `--remote-debugging-pipe` (checked 2026-11-23 with
Chromium 156).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from tempfile import TemporaryDirectory
from typing import Any

from publisher.errors import UsageError

NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    # No name is found, and what needs none goes to a proxy that is not there: nothing leaves, not even to loopback.
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=<-loopback>"),
)
# Chromium reads from descriptor 3 and writes to 4.
_MOVE_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
# Parsed and loaded with its frames; pictures decoded, also those that wait to be seen; and drawn once. Until then
# Chromium may take the page for shorter. What is not there after 10,000 ms is left out.
_SHOWN = """Promise.race([new Promise(late => setTimeout(late, 10_000)), (async () => {
    for (const image of document.images) image.loading = "eager";
    if (document.readyState !== "complete") await new Promise(done => addEventListener("load", done, {once: true}));
    await Promise.all([...document.images].map(image => image.decode().catch(() => null)));
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
})()]).then(() => true)"""
# For one answer, also where the machine is busy.
PATIENCE_SECONDS = 60.0


class Browser:
    """A running Chromium with one tab. Every call waits for its answer, for so long at most.

    Errors: UsageError if Chromium ends by itself, refuses, or does not answer.
    """

    def __init__(self, read: FileIO, write: FileIO) -> None:
        self.patience_seconds = PATIENCE_SECONDS
        self._read, self._write = read, write
        self._last_id, self._session, self._rest = 0, "", b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")
        self._frame = self._call("Page.getFrameTree")["frameTree"]["frame"]["id"]

    def picture(self, html: str, *, width_px: int, sharpness: int = 1, height_px: int | None = None) -> bytes:
        """Take a picture of a page on a screen of this width, as PNG: `height_px` of it, or the whole of it.

        The whole is at least 600 px high, and wider than the screen where the page is. `sharpness` is the number of
        picture pixels for one of the page.
        """
        screen = {"width": width_px, "deviceScaleFactor": sharpness, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", height=height_px or 600, **screen)
        self._call("Page.setDocumentContent", frameId=self._frame, html=html)
        self._call("Runtime.evaluate", expression=_SHOWN, awaitPromise=True)
        size = {"width": width_px, "height": height_px}
        if height_px is None:
            size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "scale": 1, "width": size["width"], "height": size["height"]}
        shot = self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=height_px is None)
        return base64.b64decode(shot["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        try:
            self._write.write(json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            raise _ended() from None
        answer: dict[str, Any] = {}
        deadline = time.monotonic() + self.patience_seconds
        while answer.get("id") != self._last_id:
            answer = self._next(deadline)
        if "error" in answer:
            what = f"Chromium refuses {method}: {answer['error'].get('message')}"
            raise UsageError(what, hint="If the page leads elsewhere by itself, change that; else install a newer one.")
        return dict(answer["result"])

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._read], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                what = f"Chromium has not shown the page within {self.patience_seconds:g} seconds"
                hint = "Try it again. If it stays so, look in the templates for a script: e-mails must have none."
                raise UsageError(what, hint=hint)
            chunk = self._read.read(1 << 16)
            if not chunk:
                raise _ended()
            self._rest += chunk
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


def _ended() -> UsageError:
    return UsageError("Chromium ended by itself", hint='Start it by hand once, for example "chromium --version".')


def find_browser() -> str:
    """Give the path of Chromium: what CHROMIUM in the environment names, or the first one found. Errors: UsageError."""
    named = os.environ.get("CHROMIUM")
    found = [path for name in ([named] if named else NAMES) if (path := shutil.which(name))]
    if not found or sys.platform == "win32":
        what = f'CHROMIUM names no program: "{named}"' if named else "pictures need Chromium, and there is none here"
        hint = 'Install it, for example "apt install chromium", or name it: CHROMIUM=/opt/chrome/chrome.'
        raise UsageError(what, hint=hint)
    return found[0]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium with an empty profile; end it afterwards, and forget the profile. Errors: UsageError."""
    path = find_browser()
    theirs_in, our_out = os.pipe()
    our_in, theirs_out = os.pipe()
    with TemporaryDirectory(prefix="publisher-browser-", ignore_cleanup_errors=True) as profile:
        flags = [*_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-pipe"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to start as root with it
        with subprocess.Popen(  # noqa: S603 - the operator names the program
            [sys.executable, "-c", _MOVE_PIPES, str(theirs_in), str(theirs_out), path, *flags, "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(theirs_in)
            os.close(theirs_out)
            try:
                with FileIO(our_in, "rb") as read, FileIO(our_out, "wb") as write:
                    yield Browser(read, write)
            finally:
                process.terminate()
