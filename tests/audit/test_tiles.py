"""The growing edge writes the tiles that the tree of each size needs, and finds itself again from them."""

import pytest

from audit.tiles import Edge, Missing, TileStore
from audit.verify import Refused, Tiles, leaf_hash, root_of, tile_path

SIZES = [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537]


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A log of 65,537 entries whose tiles were written at each of the sizes, and the roots by brute force."""
    folder = tmp_path_factory.mktemp("log")
    edge, leaves, roots = Edge(TileStore(f"file://{folder}")), [], {}
    for number in range(SIZES[-1]):
        edge.add(b"%d" % number)
        leaves.append(leaf_hash(b"%d" % number))
        if edge.size in SIZES:
            edge.write()
            roots[edge.size] = root_of(leaves)
            assert edge.root() == roots[edge.size]
    return edge.store, roots


@pytest.mark.parametrize("size", SIZES)
def test_it_finds_each_earlier_tree_in_the_tiles(grown, size):
    store, roots = grown

    assert Tiles(store.read, size).root() == roots[size]
    assert Tiles(store.read, SIZES[-1]).root(size) == roots[size]
    assert Edge.load(store, size).root() == roots[size]


def test_it_goes_on_from_what_it_wrote(tmp_path):
    store = TileStore(f"file://{tmp_path}")
    edge = Edge(store)
    for number in range(700):
        edge.add(b"%d" % number)
        if number % 100 == 0:
            edge.write()
            edge = Edge.load(store, edge.size)
    edge.write()

    assert edge.root() == root_of(leaf_hash(b"%d" % number) for number in range(700))


def test_it_reads_a_small_tile_from_the_full_one_that_took_its_place(tmp_path):
    store = TileStore(f"file://{tmp_path}")
    edge = Edge(store)
    for number in range(300):
        edge.add(b"%d" % number)
        edge.write()

    edge.tidy()

    assert store.read(tile_path(0, 0, 100)) is None
    assert store.read(tile_path("entries", 0, 100)) is None
    assert Tiles(store.read, 100).root() == root_of(leaf_hash(b"%d" % number) for number in range(100))
    assert Edge.load(store, 100).size == 100


def test_it_refuses_to_write_something_else_under_a_name(tmp_path):
    store = TileStore(f"file://{tmp_path}")
    store.write("tile/0/000", b"a")
    store.write("tile/0/000", b"a")

    with pytest.raises(Refused, match="something else"):
        store.write("tile/0/000", b"b")

    assert store.read("tile/0/000") == b"a"


def test_it_says_when_a_tile_is_missing_and_when_the_entries_are_not_its_own(tmp_path):
    store = TileStore(f"file://{tmp_path}")
    edge = Edge(store)
    for number in range(3):
        edge.add(b"%d" % number)
    edge.write()

    with pytest.raises(Missing):
        Edge.load(store, 4)
    store.replace(tile_path("entries", 0, 3), store.read(tile_path("entries", 0, 3)).replace(b"1", b"7"))
    with pytest.raises(Refused, match="do not hash"):
        Edge.load(store, 3)
