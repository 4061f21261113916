"""Proofs beside a tree that is built by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verify import Frontier, Refused, Tiles, check_consistency, check_inclusion, check_tiles, leaf_hash
from tests.audit import brute

MOST = 70
LEAVES = [brute.leaf(str(n).encode()) for n in range(MOST)]
ROOTS = [brute.tree(LEAVES[:n]) for n in range(MOST + 1)]


def test_it_grows_as_the_brute_tree_does():
    tree = Frontier()
    for size in range(MOST):
        assert tree.root() == ROOTS[size]
        tree.add(leaf_hash(str(size).encode()))
    assert tree.root() == ROOTS[MOST]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_it_accepts_every_proof_of_a_tree_and_makes_the_same(size):
    tiles = Tiles(lambda path: b"".join(LEAVES[:size]) if path.startswith("tile/0/") else None, size)
    assert tiles.root() == ROOTS[size]
    for index in range(size):
        proof = brute.path(index, LEAVES[:size])
        assert tiles.inclusion(index) == proof
        check_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
    for old in range(1, size + 1):
        proof = brute.proof(old, LEAVES[:size])
        assert tiles.consistency(old) == proof
        check_consistency(old, size, ROOTS[old], ROOTS[size], proof)


def flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


@given(st.data())
def test_it_refuses_an_inclusion_of_which_one_bit_was_changed(data):
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    parts = [LEAVES[index], ROOTS[size], *brute.path(index, LEAVES[:size])]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    with pytest.raises(Refused):
        check_inclusion(index, size, parts[0], parts[2:], parts[1])


@given(st.data())
def test_it_refuses_a_consistency_of_which_one_bit_was_changed(data):
    size = data.draw(st.integers(1, MOST))
    old = data.draw(st.integers(1, size))
    parts = [ROOTS[old], ROOTS[size], *brute.proof(old, LEAVES[:size])]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    with pytest.raises(Refused):
        check_consistency(old, size, parts[0], parts[1], parts[2:])


@given(st.data())
def test_it_refuses_another_place_another_size_and_another_length(data):
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    proof = brute.path(index, LEAVES[:size])
    other = data.draw(st.integers(-1, MOST).filter(lambda one: one != index))
    with pytest.raises(Refused):
        check_inclusion(other, size, LEAVES[index], proof, ROOTS[size])
    for wrong in (proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof], [*proof[:-1], proof[-1][:31]]):
        with pytest.raises(Refused):
            check_inclusion(index, size, LEAVES[index], wrong, ROOTS[size])
    with pytest.raises(Refused):
        check_consistency(size, size - 1, ROOTS[size], ROOTS[size - 1], brute.proof(size - 1, LEAVES[:size]))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 1000, 65536, 70000])
def test_it_reads_a_log_of_any_size_from_its_tiles(size, tmp_path):
    entries = [b"%d" % n for n in range(size)]
    leaves = [brute.leaf(one) for one in entries]
    log = brute.build(tmp_path, entries)
    tree = check_tiles(lambda path: read(log / path), size, entries=True)
    assert (tree.root, tree.wrong) == (brute.tree(leaves), [])
    tiles = Tiles(lambda path: read(log / path), size)
    for old in {1, size // 3 + 1, size - size % 256 or 1, size}:
        assert tiles.root(old) == brute.tree(leaves[:old])
        assert tiles.consistency(old) == brute.proof(old, leaves)
        assert tiles.inclusion(old - 1) == brute.path(old - 1, leaves)


def read(file):
    return file.read_bytes() if file.exists() else None


def test_it_cuts_the_full_tile_where_the_partial_one_went(tmp_path):
    entries = [b"%d" % n for n in range(600)]
    log = brute.build(brute.build(tmp_path, entries[:300]), entries)
    for level in ("0", "entries"):
        (log / "tile" / level / "001.p" / "44").unlink()
    tree = check_tiles(lambda path: read(log / path), 300, entries=True)
    assert (tree.root, tree.wrong) == (brute.tree([brute.leaf(one) for one in entries[:300]]), [])
