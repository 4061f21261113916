"""The API's pages in a real browser: they draw themselves under the policy, from our own files alone."""

import shutil

import pytest

from tests import world
from tests.server import web_server

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REFUSED = "https://cdn.redoc.ly/"  # Redoc asks for its maker's logo; the policy refuses, so nothing leaves
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def test_it_draws_both_pages_without_breaking_the_policy(tmp_path):
    people = world.cast()
    trees = world.dataset(people.owner, people.parks, "Trees")
    world.basis("release", world.version(trees, {"species": ("text", ["Oak"])}), {"species": None})
    with web_server(workers=1, threads=8, DEBUG="1") as address, playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))

        page.goto(f"{address}/api/docs/")
        page.get_by_text("Find datasets").first.wait_for()
        page.get_by_text("Lend columns of a dataset").first.wait_for()
        page.screenshot(path=tmp_path / "docs.png", full_page=True)

        page.goto(f"{address}/api/redoc/")
        page.locator("h2", has_text="Find datasets").wait_for()
        page.screenshot(path=tmp_path / "redoc.png")
        browser.close()

    broken = [text for text in said if "Content Security Policy" in text]
    assert [text for text in broken if REFUSED not in text] == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", REFUSED))] == []
