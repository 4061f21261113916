"""The web application as it is served, with beds at the steps of a disclosure (`tests.faults.sleeper`)."""

from portal.wsgi import application
from tests.faults.sleeper import make_beds

__all__ = ["application"]

make_beds()
