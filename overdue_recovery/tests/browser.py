"""A browser that a test uses as people do: by addresses and by real keys."""

import json
import time
from contextlib import contextmanager

from odoo.tests.common import ChromeBrowser, ChromeBrowserException

PATIENCE = 60
# What the system says of a key; those that write have a text.
KEYS = {
    "Tab": {"code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    " ": {"code": "Space", "windowsVirtualKeyCode": 32, "text": " "},
}


@contextmanager
def opened(test, login=None):
    """A ``Browser`` for an HttpCase, closed afterwards."""
    chrome = ChromeBrowser(test)
    try:
        with test.allow_requests(browser=chrome):
            test.authenticate(login, login, browser=chrome)
            test.env.flush_all()
            test.env.cr.clear()
            yield Browser(test, chrome)
            test.assertFalse(chrome.had_failure, "a page wrote an error to its console")
            chrome.navigate_to("about:blank", wait_stop=True)
            test._wait_remaining_requests()
    finally:
        chrome.stop()


class Browser:
    """One window. Every wait ends: what does not come fails the test and says what it was."""

    def __init__(self, test, chrome):
        self.test, self.chrome = test, chrome

    def _call(self, method, **params):
        return self.chrome._websocket_request(method, params=params, timeout=PATIENCE)

    def resize(self, width, height=900):
        """Give the window this size, in pixels."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, path, until):
        """Go to an address and wait for ``until``, a CSS selector."""
        self.leave(lambda: self._call("Page.navigate", url=self.test.base_url() + path), until)

    def leave(self, act, until):
        """Do what ends this page, and wait until the next one has ``until``."""
        self.value("void (window.isLeft = true)")
        act()
        self.wait_for(until)

    def wait_for(self, selector):
        """Wait until a page that was not left has an element; pages may follow one another."""
        there = (
            "document.readyState === 'complete' && !window.isLeft"
            f" && Boolean(document.querySelector({json.dumps(selector)}))"
        )
        # counted, because tests let the clock stand still
        for _time in range(PATIENCE * 20):
            if self._tries(there):
                return
            time.sleep(0.05)
        text = self.value("location.href + document.body.innerText")
        self.test.fail(f"Waited for {selector} in vain at {text[:2000]}")

    def _tries(self, expression):
        """Its value; None while one page gives way to the next."""
        try:
            return self.value(expression)
        except ChromeBrowserException:
            return None

    def value(self, expression):
        """The value of a script's expression, promises awaited."""
        found = self._call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        self.test.assertNotIn("exceptionDetails", found)
        return found["result"].get("value")

    def has(self, selector):
        """Whether the page has an element."""
        return self.value(f"Boolean(document.querySelector({json.dumps(selector)}))")

    def press(self, key, times=1):
        """Press a key of ``KEYS``, or a letter."""
        known = KEYS.get(key, {"text": key})
        for _time in range(times):
            for kind in ("keyDown", "keyUp"):
                self._call("Input.dispatchKeyEvent", type=kind, key=key, **known)

    def type(self, text):
        """Type a text, letter by letter."""
        for letter in text:
            self.press(letter)
