"""What the operator reads is what the code does: every setting is named, every package is locked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READS = re.compile(r"""(?:text|flag|number|words|environ\.get|environ\[)\(?["']([A-Z][A-Z_]+)["']""")


@pytest.mark.parametrize("source", ["portal/settings.py", "portal/gunicorn.py", "portal/engines/postgres.py"])
def test_it_explains_every_setting_to_the_operator(source):
    read = set(READS.findall((ROOT / source).read_text())) - {"HOST", "PORT"}  # BIND is what those two make
    explained = set(re.findall(r"[A-Z][A-Z_]+", (ROOT / "docs/operator.md").read_text()))

    assert read
    assert read <= explained, f"docs/operator.md does not explain {', '.join(sorted(read - explained))}"


@pytest.mark.parametrize("kind", ["requirements", "requirements-dev"])
def test_it_locks_every_package_with_hashes_and_names_no_registry(kind):
    lock = (ROOT / f"{kind}.lock").read_text()

    for line in (ROOT / f"{kind}.txt").read_text().splitlines():
        if pinned := re.match(r"([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==(\S+)", line):
            name, version = re.sub(r"[-_.]+", "-", pinned[1]).lower(), pinned[2]
            assert f"\n{name}=={version} \\\n    --hash=sha256:" in f"\n{lock}", f"run make lock: {name} is not locked"
    assert "://" not in lock
    assert "--index-url" not in lock
