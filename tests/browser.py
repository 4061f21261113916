"""A real Chromium for the tests. It comes from the system, not from pip: without one these tests are skipped."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator:
    """The browser, started and stopped."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def complaints(page) -> list[str]:
    """What axe finds wrong on the page, each rule with the first elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes'][:4]]}" for rule in found]


def overflow(page) -> int:
    """By how many pixels the page is wider than its window; more than nought must be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
