import pytest

from catalog.ingest.names import LONGEST, RESERVED, column_names, plain_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Name", "name"),
        ("  Age 5-9 (%) ", "age_5_9"),
        ("名稱", "名稱"),
        ("ＡＢＣ １", "abc_1"),
        ("Öffnungszeit", "öffnungszeit"),
        ("नाम पता", "नाम_पता"),
        ("1st road", "c_1st_road"),
        ("_private", "private"),
        ("a__b", "a_b"),
        ("a/b\\c\nd", "a_b_c_d"),
        ("***", ""),
        ("day__gte", "day_gte"),
    ],
)
def test_it_makes_plain_names_of_titles_in_any_script(title, name):
    assert plain_name(title) == name


def test_it_cuts_long_names_and_keeps_them_apart():
    names = [name for name, _ in column_names(["x" * 200, "X" * 200, "x" * 80])]
    assert [len(name) for name in names] == [LONGEST] * 3
    assert len(set(names)) == 3


def test_it_says_why_a_name_is_not_the_header():
    named = list(column_names(["Name", "name", "", "Limit", "NAME", "column_3"]))
    assert named == [
        ("name", None),
        ("name_2", "duplicate"),
        ("column_3", "blank"),
        ("limit_", "reserved"),
        ("name_3", "duplicate"),
        ("column_3_2", "duplicate"),
    ]


def test_it_never_gives_a_name_that_the_api_needs():
    names = [name for name, _ in column_names(sorted(RESERVED) * 2)]
    assert not RESERVED & set(names)
    assert len(set(names)) == len(names)
    assert not any("__" in name or name.startswith("_") for name in names)
