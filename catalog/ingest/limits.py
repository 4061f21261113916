"""How much of everything one uploaded file may use."""

from dataclasses import dataclass

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30
MOST_HEADER_ROWS = 5


@dataclass(frozen=True)
class Limits:
    """The ceilings for reading one file; each ends in a sentence, not in a crash."""

    unpacked_bytes: int = 64 * GB
    members: int = 1000
    depth: int = 2
    ratio: int = 200
    columnar_ratio: int = 5000
    ratio_from_bytes: int = 100 * MB
    columns: int = 2000
    line_bytes: int = 16 * MB
    engine_memory: str = "500MB"
    address_space: int = 8 * GB
    cpu_seconds: int = 6 * 3600
    file_bytes: int = 64 * GB
