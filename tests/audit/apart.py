"""The verifier as an auditor has it: one file in an empty folder, Python, and `cryptography`. Nothing else."""

import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

VERIFIER = Path(__file__).resolve().parents[2] / "audit" / "verify.py"
ALLOWED = ("cryptography", "cffi", "_cffi_backend*", "pycparser")


@dataclass
class Apart:
    """A folder with the verifier alone, and an environment in which only `cryptography` can be imported."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of that environment."""
        return self.folder / "venv" / "bin" / "python"

    def run(self, *args) -> subprocess.CompletedProcess:
        """Runs `verify.py` with these arguments in the folder, isolated from everything of ours."""
        command = [self.python, "-I", "verify.py", *args]
        return subprocess.run(list(map(str, command)), check=False, cwd=self.folder, capture_output=True, text=True)

    def says(self, *args) -> dict:
        """What it reports as JSON, with the exit code as `code`."""
        done = self.run(*args, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout) | {"code": done.returncode}


def verifier(folder: Path) -> Apart:
    """The verifier, copied alone into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(VERIFIER, folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    ours = Path(sysconfig.get_path("platlib"))
    (theirs,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for pattern in ALLOWED:
        for found in ours.glob(pattern):
            (theirs / found.name).symlink_to(found)
    return Apart(folder)
