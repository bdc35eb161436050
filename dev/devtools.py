"""A small client of Chromium's devtools: open a page, run script in it, take a picture."""

import base64
import itertools
import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from dev import browser
from dev.say import StopError

PATIENCE = 180


class Page:
    """One headless browser with one page; use as a context manager."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="or-browser-")
        flags = [*browser.FLAGS, f"--user-data-dir={self.folder.name}", "--remote-debugging-port=0"]
        self.process = subprocess.Popen(
            [browser.ensure(), *flags, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(self.address(), timeout=PATIENCE)
        self.call("Page.enable")
        self.call("Runtime.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()
        self.process.terminate()
        self.process.wait(15)
        self.folder.cleanup()

    def address(self):
        """Return the address of the page's devtools."""
        told = Path(self.folder.name) / "DevToolsActivePort"
        wait_for(lambda: told.exists() and len(told.read_text().splitlines()) > 1, "the browser")
        port = told.read_text().splitlines()[0]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
            targets = json.load(answer)
        return next(page["webSocketDebuggerUrl"] for page in targets if page["type"] == "page")

    def call(self, method, **parameters):
        """Call one devtools method and return its result."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise StopError(f"The browser refuses {method}: {answer['error']['message']}")
                return answer["result"]

    def value(self, expression):
        """Return the value of a script expression, promises awaited."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    def open(self, url):
        """Open a page and wait until it is loaded."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'", url)

    def wait(self, expression, what):
        """Wait until a script expression is true."""
        wait_for(lambda: self.value(f"Boolean({expression})"), what)

    def size(self, width, height):
        """Set the window's size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self, path):
        """Write what the window shows as a PNG file."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))


def wait_for(condition, what):
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise StopError(f"Waited {PATIENCE} s for {what} in vain.")
        time.sleep(0.2)
