"""A citizen looks for data: types, narrows, goes back, shares the address, and asks for what is not there."""

from datetime import date

import pytest

from catalog.models import Demand
from catalog.search import index_dataset
from tests import world
from tests.browser import chromium
from tests.journeys.traveller import Traveller
from tests.server import until, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]
LANGUAGES = ("en", "zh-hans")
OPENED = [
    ("Street trees", "行道树", "environment", "parks"),
    ("Park trees", "公园树木", "environment", "parks"),
    ("Tree doctors", "树木医生", "health", "health"),
    ("Bus stops", "公交站点", "transport", "schools"),
]


@pytest.fixture(autouse=True)
def _database_beside_the_browser(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's driver runs a loop in this thread


def catalogue():
    people = world.cast()
    for title, chinese, theme, department in OPENED:
        made = world.dataset(
            people.owner, getattr(people, department), title, title_zh=chinese, theme=theme, keywords_en=["plants"],
            description_en=f"All about {title.lower()}, counted and described.", description_zh=f"{chinese}的数据。",
            coverage_from=date(2020, 1, 1), coverage_until=date(2023, 12, 31), place_en="Lanting", place_zh="兰汀",
        )  # fmt: skip
        world.basis("release", world.version(made, {"species": ("text", ["oak"])}), {"species": None})
        index_dataset(made)


def count(page) -> str:
    return page.inner_text("#count").split()[0]


def address_of(page) -> str:
    return page.evaluate("location.pathname + location.search")


def look(citizen, name: str) -> None:
    """Looks at a page of which parts will be exchanged: anew afterwards, for who looks leaves marks on its parts."""
    citizen.look(name)
    citizen.page.reload()


def comes(page, true: str) -> None:
    """Waits until the page makes it true; its policy lets no waiting script in."""
    until(lambda: page.evaluate(true))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_types_narrows_goes_back_shares_and_asks(language):
    catalogue()
    with web_server(workers=2) as address, chromium() as browser:
        citizen = Traveller(browser, address, "search", language)
        page = citizen.page
        citizen.go("/datasets/")
        look(citizen, "all")
        page.click("#q")
        page.keyboard.type("tree", delay=20)
        comes(page, "location.search.includes('q=tree')")
        comes(page, "document.querySelector('#announcer').textContent.length > 0")
        assert page.evaluate("document.activeElement.id") == "q"
        found = page.inner_text("#count")
        assert page.inner_text("#announcer") == found
        look(citizen, "typed")

        page.click("#theme-health")
        comes(page, "location.search.includes('theme=health')")
        page.wait_for_selector(".chips a")
        assert page.inner_text("#count") != found and page.locator(".result").count() == 1
        look(citizen, "narrowed")
        page.click("#theme-environment")
        comes(page, "location.search.includes('theme=environment')")
        comes(page, "document.querySelectorAll('.result').length > 1")
        shared = address_of(page)

        page.go_back()
        comes(page, "!location.search.includes('theme=environment')")
        comes(page, "document.querySelectorAll('.result').length === 1")
        page.go_back()
        comes(page, "!location.search.includes('theme')")
        until(lambda: page.inner_text("#count") == found)
        assert page.input_value("#q") == "tree"

        friend = Traveller(browser, address, "search-friend", language)
        friend.go(shared)
        assert friend.page.locator(".result").count() == 3 and friend.page.locator(".chips a").count() >= 2
        friend.go("/datasets/?q=tree&from=2021&to=2022-06")
        assert friend.page.locator(".result").count() == 3
        friend.go("/datasets/?from=2024&to=2020")
        friend.look("wrong-period")

        suggests_by_keys(citizen)
        asks_for_what_is_missing(citizen)


def suggests_by_keys(citizen) -> None:
    """The box of every page is a combobox: arrows choose, Escape closes, Enter goes there."""
    page = citizen.page
    citizen.go("/about/")
    page.focus("#header-q")
    page.keyboard.type("bus", delay=20)
    page.wait_for_selector("[role=option]")
    assert page.get_attribute("#header-q", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#header-q", "aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    citizen.look("suggestions")
    page.keyboard.press("Escape")
    assert page.get_attribute("#header-q", "aria-expanded") == "false"
    page.keyboard.type(" ", delay=20)
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("h1") in {"Bus stops", "公交站点"}


def asks_for_what_is_missing(citizen) -> None:
    """Nothing found leads to what comes near, and to a wish with the words filled in."""
    page = citizen.page
    citizen.go("/datasets/?q=submarine+cable+map")
    citizen.look("nothing-found")
    citizen.press("main a[href*='/datasets/wanted/']")
    assert page.input_value("[name=words]") == "submarine cable map"
    citizen.look("wish")
    citizen.press("main form:not([role]) button")
    citizen.look("wished")
    assert Demand.objects.get(words="submarine cable map").asked == 1


def test_it_all_works_without_script():
    catalogue()
    with web_server(workers=2) as address, chromium() as browser:
        reader = Traveller(browser, address, "search-plain", "en", script=False)
        reader.go("/datasets/")
        reader.page.fill("#q", "tree")
        reader.press("#search-form button")
        assert count(reader.page) == "3"
        reader.press("#theme-health")
        assert count(reader.page) == "1"
        reader.page.fill("#q", "bus")
        reader.press("button[formaction]")
        reader.press("main section .list a")
        assert reader.page.inner_text("h1") == "Bus stops"
        reader.go("/datasets/?q=submarine")
        reader.press("main a[href*='/datasets/wanted/']")
        reader.press("main form:not([role]) button")
        assert Demand.objects.get(words="submarine").asked == 1
