"""The look of every page: rules that hold for all templates, and what a real browser makes of them."""

import re
from collections import Counter

import pytest
from django.conf import settings as project
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from portal.charts import BarChart
from portal.templatetags.causeway import grouped, markdown, plain, size
from tests import world
from tests.browser import chromium, complaints, overflow
from tests.portal.gallery import ExampleForm
from tests.portal.test_public_pages import opened

TEMPLATES = sorted((project.BASE_DIR / "templates").rglob("*.html"))
STATIC = project.BASE_DIR / "portal" / "static" / "causeway"
COMPONENTS = project.BASE_DIR / "templates" / "components"
INLINE = re.compile(
    r"""<style|\sstyle\s*=|<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+\s*=|(?:src|srcset)\s*=\s*["']?(?:https?:)?//""", re.I
)
NARROW, WIDE = 320, 1280


# Rules for all templates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(project.BASE_DIR)))
def test_no_template_holds_what_the_security_policy_refuses(path):
    assert not INLINE.findall(path.read_text())


@pytest.mark.parametrize(
    "fault", ['<p style="x">', "<style>", "<script>x()</script>", '<a onclick="x()">', '<img src="//a.example/b">']
)
def test_the_rule_above_would_find_it(fault):
    assert INLINE.search(fault)


def test_every_icon_that_is_used_is_drawn():
    drawn = set(re.findall(r'id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    pattern = re.compile(r"""{% icon "([^"]+)"|\bicon="([^"]+)\"""")
    used = {name for path in TEMPLATES for pair in pattern.findall(path.read_text()) for name in pair if name}

    assert used <= drawn, used - drawn


def test_every_page_has_a_title_of_its_own():
    pages = [path for path in TEMPLATES if '{% extends "base.html" %}' in path.read_text()]
    assert pages
    assert [str(path) for path in pages if "{% block title %}" not in path.read_text()] == []


def test_every_component_of_the_list_exists():
    named = set(re.findall(r"^\| `([a-z_]+)` \|", (COMPONENTS / "README.md").read_text(), re.M))
    assert named and all((COMPONENTS / f"{name}.html").exists() for name in named), named


def test_pages_come_from_one_stylesheet_without_foreign_addresses():
    css = (STATIC / "causeway.css").read_text()
    assert [path.name for path in STATIC.glob("*.css")] == ["causeway.css"]
    assert not re.search(r"url\([^)]*//", css) and "@import" not in css
    assert "prefers-reduced-motion" in css and "forced-colors" in css and "@media print" in css


# Forms ----------------------------------------------------------------------------------------------------------


def test_a_field_has_label_hint_error_and_input_in_this_order():
    html = str(ExampleForm({}))
    places = [html.index(part) for part in ('<label for="id_title">', 'id="id_title_helptext"', 'id="id_title_error"',
                                            '<input type="text" name="title"')]  # fmt: skip

    assert places == sorted(places)
    assert 'aria-describedby="id_title_helptext id_title_error"' in html and 'aria-invalid="true"' in html


def test_groups_stand_in_fieldsets_and_errors_lead_to_their_field():
    html = str(ExampleForm({}))

    assert html.count("<fieldset") == html.count("<legend>") == 2
    assert 'href="#id_sharing_0"' in html and 'id="id_sharing_0"' in html
    assert "There is a problem" in html and 'tabindex="-1" autofocus' in html


def test_only_what_may_stay_empty_says_so():
    assert str(ExampleForm()).count("(optional)") == 1


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_date_is_written_as_the_browser_expects(language):
    with translation.override(language):
        html = str(ExampleForm(initial={"until": "2026-05-03"})["until"])
        from_form = ExampleForm({"until": "2026-05-03"})
        from_form.is_valid()

    assert 'type="date"' in html and 'value="2026-05-03"' in html
    assert str(from_form.cleaned_data["until"]) == "2026-05-03"


# Small things ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (1_834_211, "1.8 MB"), (402_113, "402 kB")],
)
def test_sizes_read_as_people_say_them(count, words):
    assert size(count) == words


def test_numbers_are_grouped():
    assert (grouped(1234567), grouped(0), grouped(None)) == ("1,234,567", "0", "")


def test_a_description_has_no_html_no_pictures_and_no_scripts():
    html = markdown(
        "# Big\n<b>x</b> ![p](https://a.example/p.png) [a](javascript:x) [b](data:text/html,x) [c](https://c.example)"
    )

    assert "<h3>Big</h3>" in html and "&lt;b&gt;" in html and "<img" not in html
    assert "javascript:x" not in re.findall(r'href="([^"]*)"', html) and 'href="https://c.example"' in html
    assert plain("**Every** tree\n\n- one") == "Every tree one"


def test_a_chart_says_what_it_shows():
    chart = BarChart("Rows", "Month", "rows", [("Jan", 10), ("Feb", 0), ("Mar", 1000), ("Apr", 1)])
    tall = [bar.height for bar in chart.bars]

    assert tall[2] == chart.base and tall[1] == 0 and tall[3] >= 2
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert "Mar" in chart.alternative and "1,000" in chart.alternative
    assert BarChart("Rows", "Month", "rows", []).bars == []


def test_the_page_of_a_failure_needs_no_database():
    from portal.errors import failed

    request = RequestFactory().get("/")
    request.id = "the-request"
    page = failed(request)

    assert page.status_code == 500 and b"the-request" in page.content


# In a real browser ----------------------------------------------------------------------------------------------


@pytest.fixture
def city(live_server, settings, monkeypatch):
    """A living city at an address, with the gallery of components as one more page."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver of the browser runs a loop in this thread
    settings.ROOT_URLCONF = "tests.portal.gallery"
    settings.ADDRESS = live_server.url
    cast = world.cast()
    trees = opened(cast, "Trees of the city", title_zh="城市树木", keywords_en=["trees"], keywords_zh=["树木"])
    opened(cast, "", title_zh="社区卫生服务中心名录", theme="health", department=cast.health)
    gone = opened(cast, "Gone")
    gone.bases.update(state="withdrawn", state_reason="A column told too much.")
    live_server.pages = [
        "/", "/datasets/", "/datasets/?q=tree&theme=environment", "/datasets/?q=submarine",
        reverse("dataset", args=[trees.pk]), reverse("contact", args=[trees.pk]), reverse("dataset", args=[gone.pk]),
        reverse("dataset-versions", args=[trees.pk]), "/departments/", "/departments/parks/", "/themes/",
        "/themes/environment/", "/about/", "/help/", "/developers/", "/problems/", "/problems/not-found/", "/nothing/",
        "/gallery/", "/gallery/?wrong=1",
    ]  # fmt: skip
    return live_server


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [
        pytest.param(NARROW, "zh-CN", "light", marks=pytest.mark.slow),
        pytest.param(NARROW, "en-GB", "dark", marks=pytest.mark.slow),
        pytest.param(WIDE, "zh-CN", "dark", marks=pytest.mark.slow),
        pytest.param(WIDE, "en-GB", "light", marks=pytest.mark.slow),
    ],
)
def test_no_page_has_a_barrier(city, width, locale, scheme):
    faults, titles = [], Counter()
    with chromium() as browser:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda line: "Content Security Policy" in line.text and faults.append(line.text))
        for path in city.pages:
            page.goto(city.url + path)
            faults += [f"{path}: {fault}" for fault in complaints(page)]
            faults += [f"{path}: {overflow(page)} px too wide"] if overflow(page) > 0 else []
            titles[page.title()] += 1

    assert faults == []
    # The gallery stands twice in the list, and a search without hits is a page of its own.
    assert [title for title, times in titles.items() if times > 1 and "Components" not in title] == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wish", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_wishes_of_the_reader_break_nothing(city, wish):
    with chromium() as browser:
        page = browser.new_context(viewport={"width": WIDE, "height": 900}, **wish).new_page()
        for path in ("/", city.pages[4], "/gallery/?wrong=1"):
            page.goto(city.url + path)
            # Forced colours are the reader's own; axe still compares ours.
            assert [fault for fault in complaints(page) if not fault.startswith("color-contrast")] == [], path


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_stop_of_the_tab_key_is_seen(city):
    """The skip link comes first; what has the focus is visible, not covered, and its ring differs from the rest."""
    with chromium() as browser:
        page = browser.new_context(viewport={"width": WIDE, "height": 900}).new_page()
        for path in ("/", city.pages[2], city.pages[4], "/gallery/"):
            page.goto(city.url + path)
            stops = [stop(page) for _time in range(200)]
            end = next((n for n, found in enumerate(stops) if found is None), len(stops))
            assert "skip" in stops[0]["name"], path
            assert end < 200, f"{path}: the key does not come back to the beginning"
            hidden = [found for found in stops[:end] if not (found["seen"] and found["ring"])]
            assert hidden == [], path


def stop(page) -> dict | None:
    """Presses Tab; says what has the focus, whether its middle is uncovered, and whether it wears a ring."""
    page.keyboard.press("Tab")
    return page.evaluate(
        """() => {
          const e = document.activeElement;
          if (!e || e === document.body) return null;
          const boxes = [...e.getClientRects()].filter(b => b.width && b.height);
          const seen = boxes.some(b => {
            const top = document.elementFromPoint(b.x + Math.min(b.width / 2, 20), b.y + b.height / 2);
            return top && (e.contains(top) || top.contains(e));
          });
          const after = getComputedStyle(e, "::after"), own = getComputedStyle(e);
          const ring = [own, after].some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
          return {name: e.className + " " + e.tagName + " " + (e.id || e.textContent.trim().slice(0, 30)), seen, ring};
        }"""
    )


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_text_may_be_spaced_wider(city):
    """WCAG 1.4.12: nothing is cut off when the reader spaces lines, words and letters."""
    wider = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    with chromium() as browser:
        context = browser.new_context(viewport={"width": NARROW, "height": 900}, bypass_csp=True)
        page = context.new_page()
        for path in city.pages:
            page.goto(city.url + path)
            page.add_style_tag(content=wider)
            assert overflow(page) <= 0, path


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_search_answers_while_one_types(city):
    with chromium() as browser:
        page = browser.new_page()
        page.goto(city.url + "/datasets/")
        page.focus("#q")
        page.keyboard.type("tree", delay=20)
        page.locator("#count", has_text="1 dataset").wait_for()
        page.locator("#announcer", has_text="1 dataset").wait_for(state="attached")
        assert page.evaluate("document.activeElement.id") == "q"
        assert "q=tree" in page.url and "1 dataset for “tree”" in page.title()

        page.click("#theme-environment")
        page.wait_for_selector("#theme-environment[aria-current]")
        assert "theme=environment" in page.url and "q=tree" in page.url
        assert page.evaluate("document.activeElement.id") == "theme-environment"

        page.go_back()
        page.locator("#theme-environment:not([aria-current])").wait_for()
        assert page.input_value("#q") == "tree"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_everything_works_without_script(city):
    with chromium() as browser:
        page = browser.new_context(java_script_enabled=False, locale="en-GB").new_page()
        page.goto(city.url)
        page.fill("#q", "tree")
        page.press("#q", "Enter")
        page.click("#theme-environment")
        page.click("text=Trees of the city")
        assert page.locator("[data-copy]:visible").count() == 0

        page.click("text=Report an error")
        page.fill("textarea", "Row 2 is no tree.")
        page.click("button:has-text('Send')")
        assert page.locator("text=on the desk of Parks").is_visible()

        page.click("text=简体中文")
        assert page.locator("h1").inner_text() == "城市树木"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_errors_of_a_form_get_the_focus(city):
    with chromium() as browser:
        page = browser.new_page()
        page.goto(city.url + city.pages[5])
        page.click("button:has-text('Send')")
        page.wait_for_selector(".error-summary")

        assert page.evaluate("document.activeElement.className") == "error-summary"
        assert page.title().startswith("Error: ")
        page.click(".error-summary a >> nth=-1")
        assert page.evaluate("document.activeElement.id") == "id_text"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_is_copied_is_what_is_shown(city):
    with chromium() as browser:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.goto(city.url + city.pages[4])
        page.click(".code .copy >> nth=0")
        page.locator("#announcer:not(:empty)").wait_for(state="attached")

        assert page.evaluate("navigator.clipboard.readText()") == page.locator(".code code").first.inner_text()
