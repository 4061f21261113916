"""The pages speak Chinese whole: nothing untranslated, nothing lost in translation, no English left on a page."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal.prepare import compile_catalogues
from tests.access import ADDRESSES, OPENED_BY, WHO, clients
from tests.scene import scene
from tests.sharing.requests import ANSWERS

SENTENCE = re.compile(r"[A-Za-z][a-z'’]*(?:[ ,]+[A-Za-z][A-Za-z'’]*){3,}")
UNREAD = {"code", "pre", "script", "style", "textarea", "title", "svg"}
READ_ALOUD = {"aria-label", "alt", "title", "placeholder"}
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr", "source", "use", "path"}
# What stands in the data of the cast, not in the words of the portal; and what is no page.
DATA = (
    "district = 'North' and day",
    "A case before the court",
    *(text for text in map(str, ANSWERS.values()) if " " in text),
)
NO_PAGES = (
    "api-",
    "schema",
    "healthz",
    "readyz",
    "grant-csv",
    "export-file",
    "file",
    "document",
    "language",
    "log-",
    "receipt",
    "audit-export",
)


@pytest.fixture
def small(tmp_path, settings):
    """A project of one module and one template, all of it translated."""
    for folder in ("portal", "templates", "locale"):
        (tmp_path / folder).mkdir()
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [tmp_path / "locale"]
    (tmp_path / "portal/words.py").write_text('WORDS = _("Open %(name)s")\n')
    call_command("messages")
    translate(tmp_path, "Open %(name)s", "开放 %(name)s")
    call_command("messages", check=True)
    return tmp_path


def translate(root, text: str, translation: str) -> None:
    path = root / "locale/zh_Hans/LC_MESSAGES/django.po"
    before = f'msgid "{text}"\nmsgstr ""\n'
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, f'msgid "{text}"\nmsgstr "{translation}"\n'))


def test_it_says_every_text_in_every_language():
    call_command("messages", check=True)


@pytest.mark.parametrize(
    ("place", "planted", "named"),
    [
        ("portal/new.py", '_("A new text")', "A new text"),
        ("portal/new.py", 'gettext_lazy("A lazy " "text")', "A lazy text"),
        ("portal/new.py", 'ngettext("%(count)s thing", "%(count)s things", count)', "%(count)s thing"),
        ("templates/new.html", '<p>{% translate "A page\'s text" %}</p>', "A page's text"),
        ("templates/new.html", '{% include "x.html" with text=_("Passed on") %}', "Passed on"),
        ("templates/mail/new.txt", '  x\n {% translate "May" context "a key" %}\nend', "May"),
        (
            "templates/new.html",
            "{% blocktranslate trimmed count n=3 with a=b %}\n One {{ a }}{% plural %}{{ a }}{% endblocktranslate %}",
            "One %(a)s",
        ),
    ],
)
def test_it_notices_a_new_text(small, place, planted, named):
    (small / place).parent.mkdir(exist_ok=True)
    (small / place).write_text(planted)

    with pytest.raises(CommandError, match=re.escape(f"zh-hans: 1 texts are not translated: \n  “{named}”")):
        call_command("messages", check=True)


def test_it_notices_a_text_that_nobody_says_any_more(small):
    (small / "portal/words.py").write_text("")

    with pytest.raises(CommandError, match="1 texts are no longer said anywhere: \n  “Open %\\(name\\)s”"):
        call_command("messages", check=True)


@pytest.mark.parametrize("translation", ["开放", "开放 %(nom)s", "<b>开放</b> %(name)s"])
def test_it_notices_other_placeholders(small, translation):
    path = small / "locale/zh_Hans/LC_MESSAGES/django.po"
    path.write_text(path.read_text().replace("开放 %(name)s", translation))

    with pytest.raises(CommandError, match="1 texts have other placeholders or tags than the original"):
        call_command("messages", check=True)


def test_it_keeps_translations_and_writes_the_same_again(small):
    (small / "portal/more.py").write_text('\n\n_("Close")\n')
    path = small / "locale/zh_Hans/LC_MESSAGES/django.po"

    call_command("messages")
    once = path.read_text()
    (small / "portal/more.py").write_text('\n\n\n\n\n_("Close")\n')
    call_command("messages")

    assert path.read_text() == once
    assert 'msgstr "开放 %(name)s"' in once
    assert "#: portal/more.py\n" in once
    assert "fuzzy" not in once


def test_it_only_compiles_what_is_there(small):
    (small / "portal/more.py").write_text('_("Close")\n')
    path = small / "locale/zh_Hans/LC_MESSAGES/django.po"
    before = path.read_text()
    path.with_suffix(".mo").unlink()

    call_command("messages", compile=True)

    assert path.read_text() == before
    assert path.with_suffix(".mo").exists()
    assert compile_catalogues() == 0


class Words(HTMLParser):
    """What a reader sees or hears of a page, without code, names that stay as they are, and words marked English."""

    def __init__(self, page: str):
        super().__init__()
        self.said, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        skipped = tag in UNREAD or known.get("translate") == "no" or known.get("lang", "zh").startswith("en")
        skipped = skipped or (bool(self.open) and self.open[-1][1])
        if not skipped:
            self.said += [known[name] for name in READ_ALOUD & known.keys() if known[name]]
        if tag not in VOID:
            self.open.append((tag, skipped))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not (self.open and self.open[-1][1]):
            self.said.append(data)


def english(page: str) -> list[str]:
    """The runs of four or more English words on a page."""
    runs = [run for said in Words(page).said for run in SENTENCE.findall(said)]
    return [run for run in runs if not run.startswith(DATA)]


def test_it_knows_english_when_it_sees_it():
    page = '<p title="This is not yet Chinese">搜索 <code>find all the data</code><b lang="en">All of the trees</b></p>'

    assert english(page) == ["This is not yet Chinese"]
    assert english("<p>You may read it</p>") == ["You may read it"]


def visits(everybody: bool) -> Iterator[tuple[str, str]]:
    """Each page as somebody who may open it sees it; for everybody also as its owner and as nobody does."""
    for name in [name for name in ADDRESSES if not name.startswith(NO_PAGES)]:
        let_in = re.search(r"200: ([\w ]+)", OPENED_BY[name])
        who_may = let_in[1].split()[-1] if let_in else WHO[-1]
        yield from ((name, who) for who in ({"nobody", "owner", who_may} if everybody else {who_may}))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["one", "all"])
def test_it_leaves_no_english_on_any_page(everybody):
    made, found = scene(), {}
    browsers = clients(made)
    for name, who in visits(everybody):
        page = browsers[who].get(reverse(name, kwargs=ADDRESSES[name](made)), headers={"accept-language": "zh-hans"})
        if not page.streaming and (left := english(page.content.decode())):
            found[name, who] = left

    assert found == {}
