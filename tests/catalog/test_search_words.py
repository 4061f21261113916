"""How text is cut, and how what was typed is read."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.actor import PUBLIC
from catalog.search.expanding import expand
from catalog.search.parsing import MOST_TERMS, Term, parse
from catalog.search.vocabulary import Vocabulary
from catalog.search.words import pinyin, runs, simplified, tokens

PIECES = (
    '"', "'", "-", "|", "OR", "AND", "NOT", ":", "title:", "column:\"", "(", ")", "((a+)+)+$", ".*", "*", "?", "%", "_",
    "\\", "\x00", "\x1f", "\u202e", "\ufeff", "\ud800", "🌳", "ﬁ", "Ａ", "空气", "臺", "ß", "İ", "a" * 500, "树" * 500,
    "<script>", "'; DROP TABLE x; --", "&", "!", ":*", "<->", "~", "^", "^^kq", "=空气", "{0}", "\n", "\t", "1e999",
)  # fmt: skip


pytestmark = pytest.mark.django_db


def groups(q: str) -> list[list[str]]:
    return [[term.text for term in group] for group in parse(q).groups]


def test_it_reads_words_phrases_exclusions_fields_and_alternatives():
    assert groups("street trees") == [["street"], ["trees"]]
    assert parse('"red light" cameras').terms == [Term("red light", phrase=True), Term("cameras")]
    assert parse("trees -oak").terms[1] == Term("oak", negated=True)
    assert parse('-"red oak"').terms == [Term("red oak", phrase=True, negated=True)]
    assert parse("title:trees").terms == [Term("trees", field="title")]
    assert parse("标题：空气").terms == [Term("空气", field="title")]
    assert groups("a bus OR tram b") == [["a"], ["bus", "tram"], ["b"]]
    assert groups("bus|tram") == [["bus", "tram"]]


def test_it_takes_a_code_for_one_thing():
    assert parse("PM2.5").terms == [Term("pm2 5", phrase=True)]
    assert parse("12-B").terms == [Term("12 b", phrase=True)]
    assert groups("street-trees") == [["street"], ["trees"]]


@pytest.mark.parametrize("q", ["OR", "|", "-", "- -", '"', '""', "title:", ":", "  ", "OR | OR", "\x00"])
def test_it_takes_what_is_odd_as_plain_words_or_nothing(q):
    assert all(term.text in ("title", "or") and not term.phrase for term in parse(q).terms)


def test_it_reads_unknown_fields_and_single_quotes_as_words():
    assert groups('http://x "unbalanced') == [["http"], ["x"], ["unbalanced"]]


def test_it_reads_all_kinds_of_quotes():
    for q in ("“易肇事路口”", "「易肇事路口」", "『易肇事路口』", '"易肇事路口"'):
        assert parse(q).terms == [Term("易肇事路口", phrase=True)]


QUERIES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=30).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(QUERIES)
def test_it_never_raises_and_is_bounded(q):
    check_bounds(q)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_it_never_raises_and_is_bounded_however_long_one_tries(q):
    check_bounds(q)


def check_bounds(q: str) -> None:
    parsed = parse(q)
    assert len(parsed.terms) <= MOST_TERMS
    assert all(term.text.strip() and len(term.text) <= 400 for term in parsed.terms)
    assert all(choice.ways for group in expand(parsed, Vocabulary(PUBLIC)).groups for choice in group)


def test_it_reads_200_hostile_queries_at_once():
    chance = random.Random(7)
    start = time.perf_counter()
    for _ in range(200):
        expand(parse("".join(chance.choices(PIECES, k=chance.randint(1, 40)))), Vocabulary(PUBLIC))
    assert time.perf_counter() - start < 30  # far above what it takes; a bomb would take minutes


def test_it_makes_traditional_simplified_and_full_width_narrow():
    assert simplified("臺北市空氣品質") == "台北市空气品质"
    assert runs("ＰＭ２．５ 臺北市") == ["pm2", "5", "台北市"]


def test_it_keeps_all_of_a_long_chinese_text():
    text = "".join(chr(0x4E00 + n) for n in range(150))
    assert sum(map(len, runs(text))) == len(simplified(text)) == 150


def test_it_reads_chinese_aloud_in_titles_only():
    assert pinyin("空气") == ("kongqi", "kq")
    found = {token for place in tokens("空气质量监测", title=True) for token in place}
    assert {"^kongqizhiliangjiance", "^jiance", "^^jc", "=空气", "=量监", "空"} <= found
    assert not any(token.startswith("^") for place in tokens("空气质量监测") for token in place)


def test_it_keeps_pairs_side_by_side():
    places = tokens("行道树普查")
    assert [place for place in places if "=道树" in place] == [places[1]]
    assert "=树普" in places[2]
    assert [sorted(place) for place in tokens("Running waters")] == [["running", "~run"], ["waters", "~water"]]
