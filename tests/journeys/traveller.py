"""A person at a real browser, who looks at every page: a picture is kept, and axe must find nothing."""

import os
from pathlib import Path

from tests.browser import complaints, overflow
from tests.server import ROOT
from tests.world import PASSWORD, code_of

PICTURES = Path(os.environ.get("SCREENSHOTS", ROOT / "var" / "screenshots"))
WIDTHS = (1280, 320)
SIZE = {"width": 1280, "height": 900}


class Traveller:
    """One person's browser window; `look` at each page that is passed. Without script nothing but the pages work.

    `looks` names the pages of a journey to look at, where others have looked at the rest.
    """

    def __init__(self, browser, address: str, journey: str, language: str, *, script: bool = True, looks: tuple = ()):
        context = browser.new_context(viewport=SIZE, accept_downloads=True, java_script_enabled=script)
        self.page, self.script, self.looks = context.new_page(), script, looks
        self.page.set_default_timeout(30_000)
        self.address, self.journey, self.language = address, journey, language
        self.passed = 0
        self.errors: list[str] = []
        self.page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        self.go(f"/language/{language}/")

    def go(self, path: str):
        """Opens a page of the site."""
        return self.page.goto(self.address + path)

    def sign_in(self, user) -> None:
        """Signs in by the form."""
        self.go("/sign-in/")
        self.page.fill("[name=email]", user.email)
        self.page.fill("[name=password]", PASSWORD)
        self.press("main form button")
        if "/sign-in/code/" in self.page.url:
            self.page.fill("[name=code]", code_of(user))
            self.press("main form button")

    def press(self, selector: str) -> None:
        """Presses a button or a link, and waits for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def type_by_keys(self, name: str, text: str) -> None:
        """Fills in one field and sends its form without the mouse."""
        self._tab_to(f"[name={name}]")
        self.page.keyboard.type(text)
        self._tab_to("main form button:not([type=button])")
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _tab_to(self, selector: str) -> None:
        for _step in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no key leads to {selector}")

    def look(self, name: str) -> None:
        """Keeps a picture at both widths; nothing sticks out sideways and axe has nothing to say."""
        self.passed += 1
        if not self.script or (self.looks and name not in self.looks):  # what looks is a script itself
            return
        folder = PICTURES / f"{self.journey}-{self.language}"
        folder.mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=folder / f"{self.passed:02d}-{name}-{width}.png", full_page=True)
            found = complaints(self.page)
            assert found == [], (name, width, found)
            assert overflow(self.page) <= 0, (name, width)
        self.page.set_viewport_size(SIZE)
        assert self.errors == [], (name, self.errors)
