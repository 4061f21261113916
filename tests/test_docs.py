"""The words outside the code keep step with it: links lead somewhere, commands exist, every kind of event is explained.

`python -m tests.test_docs` writes the auditor's list of kinds anew (the sentences that stand there are kept), and the
list of functions of the query language.
"""

import re
import uuid
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from audit.kinds import KINDS
from catalog.rows.functions import AGGREGATES, FUNCTIONS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "sample/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
AUDITOR = ROOT / "docs/auditor.md"
DECISIONS = sorted(path for path in (ROOT / "docs/decisions").glob("*.md") if path.name != "README.md")
PICTURES = sorted((ROOT / "docs/pictures").glob("*"))
MOST_BYTES = 1_500_000

LINK = re.compile(r"(?<!`)(!?)\[([^\]]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.S)
MAKE = re.compile(r"\bmake ([a-z]+)")
MANAGE = re.compile(r"manage\.py ([a-z_]+)")
ADDRESS = re.compile(r"(?:\$ADDRESS|http://127\.0\.0\.1:8000)(/[^\s\"'?`)>]*)")
KINDS_OF = re.compile(r"(<!-- kinds:[^\n]*-->\n)(.*)(<!-- /kinds -->)", re.S)
QUERIES = ROOT / "docs/queries.md"
FUNCTIONS_OF = re.compile(r"(<!-- functions:[^\n]*-->\n)(.*)(<!-- /functions -->)", re.S)
# A path of somebody's machine, or a note to oneself, has no place in what strangers read.
PRIVATE = re.compile(r"(?<![\w.$}])/(?:work|tmp|home|root|mnt|Users)/\w|\b(?:TODO|FIXME|XXX)\b|\b(?:issue|ticket) #?\d")

on_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


@on_each_page
def test_its_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text())
    lost = []
    for _picture, _words, target in LINK.findall(text):
        path, _hash, place = target.partition("#")
        if "://" in path or path.startswith("mailto:"):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (place and place not in places(file)):
            lost.append(target)
    assert lost == []


@on_each_page
def test_its_pictures_have_words(page):
    assert [target for picture, words, target in LINK.findall(page.read_text()) if picture and len(words) < 10] == []


@on_each_page
def test_it_names_make_targets_that_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    named = set(MAKE.findall("\n".join(CODE.findall(page.read_text()))))
    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.M)} == set()
    assert {name for name in named - {"help", "venv"} if f'"make {name}' not in makefile} == set(), "not in make help"


@on_each_page
def test_it_names_commands_that_exist_and_explain_themselves(page):
    known = get_commands()
    named = set(MANAGE.findall(page.read_text()))
    assert named <= known.keys()
    assert [name for name in named if not load_command_class(known[name], name).help] == []


@on_each_page
def test_its_calls_have_the_shape_of_real_addresses(page):
    strange = []
    for address in ADDRESS.findall(page.read_text()):
        path = re.sub(r"\$[A-Z]+|\{id\}", str(uuid.uuid4()), address)
        if resolve(path).url_name == "api-nowhere":
            strange.append(address)
    assert strange == []


@on_each_page
def test_it_tells_nothing_of_the_machine_it_was_written_on(page):
    assert PRIVATE.findall(page.read_text()) == []


def test_it_shows_a_curl_call_on_the_first_page():
    assert "curl " in (ROOT / "README.md").read_text()
    assert ADDRESS.search((ROOT / "README.md").read_text())


def test_every_variable_of_the_operators_table_is_read():
    """That each one that is read stands there is asked in tests/portal/test_operator_page.py."""
    table = re.findall(r"^\|(.+?)\|", (ROOT / "docs/operator.md").read_text(), re.M)
    named = {name for cell in table for name in re.findall(r"`([A-Z][A-Z_]+)`", cell)}
    code = "".join(path.read_text() for path in (ROOT / "portal").rglob("*.py"))

    assert {"SECRET_KEY", "DATABASE_URL", "ACCEL_PREFIX"} <= named
    assert {name for name in named if f'"{name}"' not in code} == set()


def test_the_auditor_reads_of_every_kind_of_event():
    written = KINDS_OF.search(AUDITOR.read_text())[2]
    assert written == kinds_table(written), "run python -m tests.test_docs, and say in a sentence when it happens"
    assert "| … |" not in written, "say in a sentence when it happens"


def test_it_would_miss_a_new_kind(monkeypatch):
    monkeypatch.setitem(KINDS, "dataset.forgotten", frozenset({"reason"}))
    assert "| `dataset.forgotten` | … | `reason` |" in kinds_table(KINDS_OF.search(AUDITOR.read_text())[2])


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_and_what_follows(page):
    text = page.read_text()
    assert text.startswith("# ")
    assert "\n**Decided.** " in text and "\n**What follows.**" in text
    assert f"]({page.name})" in (page.parent / "README.md").read_text(), "not in the index"


def test_the_pictures_are_small_and_all_are_shown():
    shown = {
        Path(target).name for page in PAGES for picture, _words, target in LINK.findall(page.read_text()) if picture
    }
    assert {path.name for path in PICTURES} == shown
    assert sum(path.stat().st_size for path in PICTURES) < MOST_BYTES


@pytest.mark.parametrize("fault", ["see /home/ann/notes", "as in issue 12", "TODO: write this"])
def test_the_rule_of_private_words_would_find_it(fault):
    assert PRIVATE.search(fault)


def places(page: Path) -> set[str]:
    """The anchors of a page's headings, made as those who show Markdown make them."""
    if page.suffix != ".md":
        return set()
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_it_explains_every_function_of_the_query_language():
    """Each example in the list is computed in tests/catalog/test_queries.py."""
    assert FUNCTIONS_OF.search(QUERIES.read_text())[2] == functions_table(), "run python -m tests.test_docs"


def functions_table() -> str:
    """The list of functions as the code has it."""
    rows = []
    for name, heading in ((FUNCTIONS, "for each row"), (AGGREGATES, "over many rows")):
        rows += ["", f"| {heading} | |", "|---|---|"]
        rows += [f"| `{one.example}` | {one.meaning} |" for one in name.values()]
    return "\n".join([*rows, "", ""])


def kinds_table(written: str) -> str:
    """The list of kinds with the facts that each must state; what is said of each is taken from what stands there."""
    said = dict(re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", written, re.M))
    lines = ["| kind | when | states |", "|---|---|---|"]
    for kind, facts in KINDS.items():
        stated = ", ".join(f"`{fact}`" for fact in sorted(facts))
        lines.append(f"| `{kind}` | {said.get(kind, '…')} | {stated} |")
    return "\n".join(["", *lines, "", ""])


def write_kinds() -> None:
    """Writes the auditor's list anew."""
    page = AUDITOR.read_text()
    found = KINDS_OF.search(page)
    AUDITOR.write_text(page[: found.start(2)] + kinds_table(found[2]) + page[found.end(2) :])


if __name__ == "__main__":
    write_kinds()
    text = QUERIES.read_text()
    found = FUNCTIONS_OF.search(text)
    QUERIES.write_text(text[: found.start(2)] + functions_table() + text[found.end(2) :])
