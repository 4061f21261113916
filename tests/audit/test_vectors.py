"""Public test vectors of the formats that the log is written in, those that must be refused among them."""

import base64
import json
import tarfile
from pathlib import Path

import pytest

from audit.verify import (
    EMPTY_ROOT,
    Checkpoint,
    Key,
    Note,
    Policy,
    Receipt,
    Refused,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    root_of,
    tile_path,
    unpack_bundle,
)

DATA = Path(__file__).resolve().parents[1] / "data"


def members(name: str) -> dict[str, bytes]:
    """The files of an archive of vectors, by name."""
    with tarfile.open(DATA / name) as archive:
        return {one.name.removeprefix("./"): archive.extractfile(one).read() for one in archive if one.isfile()}


MERKLE = members("merkle_proofs.tar.gz")
INCLUSION = [name for name in MERKLE if name.startswith("inclusion/")]
CONSISTENCY = [name for name in MERKLE if name.startswith("consistency/")]
NOTES = json.loads((DATA / "signed_note_vectors.json").read_text())
TESSERA = {name.removeprefix("tessera_log/"): data for name, data in members("tessera_log.tar.gz").items()}
TESSERA_KEY = Key.parse("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
NUMBER, SECOND = NOTES["signatures"]
GOOD = NOTES["text"] + "\n" + NUMBER


def hashes(vector: dict, *names: str) -> list[bytes]:
    return [base64.b64decode(vector[name] or "") for name in names]


def proof(vector: dict) -> list[bytes]:
    return [base64.b64decode(one) for one in vector["proof"] or []]


def test_it_has_all_vectors_of_the_two_proofs():
    """The archive also holds proofs about subtrees: they belong to Merkle tree certificates, which we do not speak."""
    assert (len(INCLUSION), len(CONSISTENCY)) == (98, 98)


@pytest.mark.parametrize("name", INCLUSION)
def test_it_judges_inclusion_as_the_vector_says(name):
    vector = json.loads(MERKLE[name])
    leaf, root = hashes(vector, "leafHash", "root")
    judge(vector, check_inclusion, vector["leafIdx"], vector["treeSize"], leaf, proof(vector), root)


@pytest.mark.parametrize("name", CONSISTENCY)
def test_it_judges_consistency_as_the_vector_says(name):
    """Libraries may refuse an old size of 0; a witness must accept it (C2SP tlog-witness), without a proof."""
    vector = json.loads(MERKLE[name])
    old, new = vector["size1"], vector["size2"]
    if old == 0 and not proof(vector):
        check_consistency(0, new, EMPTY_ROOT, hashes(vector, "root2")[0] if new else EMPTY_ROOT, [])
        return
    judge(vector, check_consistency, old, new, *hashes(vector, "root1", "root2"), proof(vector))


def judge(vector: dict, check, *args) -> None:
    if vector["wantErr"]:
        with pytest.raises(Refused):
            check(*args)
    else:
        check(*args)


def test_it_has_the_roots_that_everybody_has():
    leaves = [bytes.fromhex(one) for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )]  # fmt: skip
    begins = {1: "6e340b9c", 2: "fac54203", 3: "aeb6bcfe", 8: "5dc9da79"}
    for size, begin in begins.items():
        assert root_of(map(leaf_hash, leaves[:size])).hex().startswith(begin)
    assert root_of([]) == EMPTY_ROOT
    assert leaf_hash(b"L123456").hex().startswith("395aa064")
    assert node_hash(b"N123", b"N456").hex().startswith("aa217fe8")


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 1, 17, "tile/1/001.p/17"),
        (2, 0, 1, "tile/2/000.p/1"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        ("entries", 1000, 256, "tile/entries/x001/000"),
        ("entries", 999, 5, "tile/entries/999.p/5"),
    ],
)
def test_it_names_tiles_as_the_specification_does(level, number, width, path):
    assert tile_path(level, number, width) == path


def test_it_reads_a_log_that_another_implementation_wrote():
    """Tessera's: 16 checkpoints, each with its tile and its bundle."""
    for size in range(16):
        point = Checkpoint.parse(TESSERA[f"checkpoint.{size}"])
        assert point.check_log([TESSERA_KEY]) == TESSERA_KEY
        assert (point.origin, point.size) == ("example.com/log/testdata", size)
        if size:
            entries = unpack_bundle(TESSERA[tile_path("entries", 0, size)])
            assert b"".join(map(leaf_hash, entries)) == TESSERA[tile_path(0, 0, size)]
            assert root_of(map(leaf_hash, entries)) == point.root
        else:
            assert point.root == EMPTY_ROOT


def test_it_refuses_a_bundle_that_was_cut_off():
    bundle = TESSERA[tile_path("entries", 0, 15)]
    for length in (1, 4, len(bundle) - 1):
        with pytest.raises(Refused):
            unpack_bundle(bundle[:length])


def test_it_reads_signed_notes_of_go():
    neumann, enoch = Key.parse(NOTES["verifier_key"]), Key.parse(NOTES["second_verifier_key"])
    assert str(neumann) == NOTES["verifier_key"]
    both = Note.parse(GOOD + SECOND)
    assert both.text == NOTES["text"]
    assert set(both.signers([neumann, enoch])) == {neumann, enoch}
    assert str(both) == GOOD + SECOND
    assert Note.parse(GOOD).signed_by(enoch) is None


@pytest.mark.parametrize(
    "vkey", [*NOTES["bad_verifier_keys"], "", "a+b", "PeterNeumann+c74f20a4" + NOTES["verifier_key"][21:]]
)
def test_it_refuses_a_key_that_is_none(vkey):
    with pytest.raises(Refused):
        Key.parse(vkey)


MALFORMED = {
    "text alone": NOTES["text"],
    "text and a newline": NOTES["text"] + "\n",
    "the last line without its newline": GOOD[:-1],
    "a control byte before the text": "\x01" + GOOD,
    "a byte that is not UTF-8": b"\xff" + GOOD.encode(),
    "a name with a space": NOTES["text"] + "\n" + NUMBER.replace("PeterNeumann", "Peter Neumann"),
    "a name with a plus": NOTES["text"] + "\n" + NUMBER.replace("PeterNeumann", "Peter+Neumann"),
    "a line after the signatures": GOOD + "Unexpected line.\n",
    "more than 100 signatures": GOOD + NUMBER * 100,
    "a signature shorter than its key's identifier": NOTES["text"] + "\n— PeterNeumann x08g\n",
    "nothing": "",
}
assert len(NOTES["must_be_malformed"]) == 8


@pytest.mark.parametrize("case", MALFORMED)
def test_it_refuses_a_note_that_is_formed_wrongly(case):
    with pytest.raises(Refused):
        Note.parse(MALFORMED[case])


def test_it_refuses_a_false_signature_of_a_known_key_and_only_of_a_known_one():
    false = NOTES["text"] + "\n" + NUMBER[:60] + "ABCD" + NUMBER[60:]
    enoch = Key.parse(NOTES["second_verifier_key"])
    with pytest.raises(Refused):
        Note.parse(false).signed_by(Key.parse(NOTES["verifier_key"]))
    assert Note.parse(false + SECOND).signers([enoch]) == {enoch: 0}


def test_it_refuses_two_keys_of_one_name_and_identifier():
    key = Key.parse(NOTES["verifier_key"])
    with pytest.raises(Refused):
        Note.parse(GOOD).signers([key, Key(key.name, key.id, key.kind, bytes(32))])


@pytest.mark.parametrize(
    "lines",
    [
        ["origin", "1"],
        ["origin", "01", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
        ["origin", "-1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
        ["origin", "1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"],
        ["origin", "1", "47DEQpj8HBSa"],
        ["", "1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
        ["origin", "1", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "", "more"],
        ["origin", "99999999999999999999", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
    ],
)
def test_it_refuses_a_checkpoint_that_is_formed_wrongly(lines):
    with pytest.raises(Refused):
        Checkpoint.parse("\n".join(lines) + "\n\n" + NUMBER)


def test_it_reads_an_extension_line_of_a_checkpoint():
    point = Checkpoint.parse(f"origin\n0\n{base64.b64encode(EMPTY_ROOT).decode()}\nmore\n\n{NUMBER}")
    assert (point.origin, point.size, point.root) == ("origin", 0, EMPTY_ROOT)


@pytest.mark.parametrize(
    "head",
    [
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nindex 00",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nextra AA\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 0\nno base64",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "\n".join(["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="] * 64),
    ],
)
def test_it_refuses_a_receipt_that_is_formed_wrongly(head):
    with pytest.raises(Refused):
        Receipt.parse(head + "\n\n" + TESSERA["checkpoint"].decode())


def test_it_reads_a_receipt_and_writes_it_alike():
    entries = unpack_bundle(TESSERA[tile_path("entries", 0, 1)])
    text = "c2sp.org/tlog-proof@v1\nextra b25l\nindex 0\n\n" + TESSERA["checkpoint.1"].decode()
    receipt = Receipt.parse(text)
    assert str(receipt) == text
    assert receipt.extra == entries[0] == b"one"
    receipt.check(b"one")
    with pytest.raises(Refused):
        receipt.check(b"two")


LOG = f"log {TESSERA_KEY}"
A, B, C = (str(Key.of(f"w{n}", bytes([n]) * 32, 4)) for n in (1, 2, 3))
WITNESSES = f"witness A {A}\nwitness B {B} https://b.example/#x\n\twitness  C\t{C}\n"


def test_it_counts_witnesses_by_groups_as_the_policy_says():
    policy = Policy.parse(
        f"# ours\n{LOG} https://log.example/\n\n{WITNESSES}group two 2 A B\ngroup all-of all two C\nquorum all-of\n"
    )
    assert policy.met({"A", "B", "C"})
    assert not policy.met({"A", "B"})
    assert not policy.met({"A", "C"})
    assert policy.witnesses["B"].url == "https://b.example/#x"
    assert Policy.parse(f"{LOG}\nquorum none\n").met(set())
    assert not Policy.parse(f"{LOG}\n{WITNESSES}group one any A B C\nquorum one\n").met(set())


@pytest.mark.parametrize(
    "text",
    [
        f"{LOG}\n",
        f"{LOG}\nquorum nobody\n",
        f"{LOG}\nquorum none\nquorum none\n",
        f"{LOG}\n{LOG}\nquorum none\n",
        f"{LOG}\nwitness none {A}\nquorum none\n",
        f"{LOG}\nwitness A {A}\nwitness A {B}\nquorum A\n",
        f"{LOG}\nwitness A {A}\nwitness B {A}\nquorum A\n",
        f"{LOG}\ngroup g 1 A\n{WITNESSES}quorum g\n",
        f"{LOG}\n{WITNESSES}group g 4 A B C\nquorum g\n",
        f"{LOG}\n{WITNESSES}group g 0 A B C\nquorum g\n",
        f"{LOG}\n{WITNESSES}group g 1 A none\nquorum g\n",
        f"{LOG}\n{WITNESSES}group g 1 A A\nquorum g\n",
        f"{LOG}\n{WITNESSES}group g 1 A B\ngroup h 1 A C\nquorum g\n",
        f"{LOG}\nwitness A {NOTES['second_verifier_key']}\nquorum A\n",
        f"log {A}\nquorum none\n",
        f"{LOG}\nquorum none # a comment has a line of its own\n",
        f"{LOG}\nsomething else\nquorum none\n",
    ],
)
def test_it_refuses_a_policy_that_is_formed_wrongly(text):
    with pytest.raises(Refused):
        Policy.parse(text)
