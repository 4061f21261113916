"""`manage.py load`: the same load from a terminal."""

import io

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Dataset, Job
from tests import world
from tests.loads import empty_store, files_in_store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city():
    empty_store()
    return world.cast()


@pytest.fixture
def trees(tmp_path):
    file = tmp_path / "trees.csv"
    file.write_text("code,kind\n007,Oak\n008,Ash\n")
    return file


def run(*arguments, **options) -> str:
    said = io.StringIO()
    call_command("load", *map(str, arguments), stdout=said, **options)
    return said.getvalue()


def test_it_makes_a_dataset_and_its_first_version(city, trees):
    new = ["--department", "parks", "--title", "Trees", "--table", "trees"]
    said = run(trees, *new, "--by", city.owner.email, "--confirm")
    dataset = Dataset.objects.get()
    assert (dataset.title_en, dataset.department, dataset.created_by) == ("Trees", city.parks, city.owner)
    assert dataset.current.tables.get().name == "trees"
    assert "trees: 2 rows, 2 columns" in said and "code: text" in said and "Version 1 (kept)" in said


def test_it_loads_the_next_version_and_lets_it_wait(city, trees):
    dataset = world.dataset(city.owner, city.parks)
    said = run(trees, "--dataset", dataset.pk, "--by", city.owner.email)
    assert "waits for its steward" in said
    dataset.refresh_from_db()
    assert dataset.current is None


def test_it_acts_as_the_first_steward_in_the_demo_alone(city, trees, settings):
    dataset = world.dataset(city.owner, city.parks)
    settings.DEMO = True
    run(trees, "--dataset", dataset.pk)
    assert Job.objects.get().created_by == city.owner
    settings.DEMO = False
    with pytest.raises(CommandError, match="--by EMAIL") as refusal:
        run(trees, "--dataset", dataset.pk)
    assert refusal.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--title", "T"], "--department CODE"),
        (["--department", "nowhere", "--title", "T"], "There are: health, parks, schools"),
        (["--dataset", "17"], "no dataset 17"),
        (["--department", "parks"], "title"),
    ],
)
def test_it_says_what_is_missing(city, trees, arguments, sentence):
    with pytest.raises(CommandError, match=sentence) as refusal:
        run(trees, *arguments, by=city.owner.email)
    assert refusal.value.returncode == 2
    assert not Job.objects.exists()


def test_it_refuses_strangers_and_files_that_are_none(city, trees, tmp_path):
    dataset = world.dataset(city.owner, city.parks)
    with pytest.raises(CommandError, match="Only a steward of Parks") as refusal:
        run(trees, "--dataset", dataset.pk, "--by", city.stranger.email)
    assert refusal.value.returncode == 2
    with pytest.raises(CommandError, match="no account"):
        run(trees, "--dataset", dataset.pk, "--by", "nobody@causeway.example")
    with pytest.raises(CommandError, match="no file"):
        run(tmp_path / "none.csv", "--dataset", dataset.pk, "--by", city.owner.email)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CommandError, match="The file is empty") as failure:
        run(tmp_path / "empty.csv", "--dataset", dataset.pk, "--by", city.owner.email)
    assert failure.value.returncode == 1
    assert files_in_store() == []
