"""What one query may use of the machine: less where a reader waits for the answer, more where a file is made of it."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Budget:
    """Milliseconds of work for each batch of rows, megabytes of memory, gigabytes of disk to put aside."""

    query_ms: int
    memory_mb: int
    disk_gb: int


def online() -> Budget:
    """While a reader waits."""
    return Budget(settings.ENGINE_QUERY_MS, settings.ENGINE_MEMORY_MB, 4)


def in_background() -> Budget:
    """For a file that is made while nobody waits."""
    return Budget(settings.EXPORT_QUERY_MS, settings.EXPORT_MEMORY_MB, settings.EXPORT_DISK_GB)
