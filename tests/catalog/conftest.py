import pytest

from catalog.ingest.limits import Limits
from tests.catalog.reading import Desk


@pytest.fixture
def desk(tmp_path):
    """Where small files are read."""
    return Desk(tmp_path, Limits())
