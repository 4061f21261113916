"""When a source is fetched next: on the city's clock, through the hours that are skipped and repeated."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from catalog.models import Source
from catalog.sources.schedule import after_failure, next_run


def source(schedule, at="03:00", **more) -> Source:
    """An unsaved one."""
    return Source(schedule=schedule, at=time.fromisoformat(at), **more)


def when(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("schedule", "after", "expected"), [
    ("asked", "2026-11-23T02:00+00:00", None),
    ("quarter", "2026-11-23T02:00+00:00", "2026-11-23T02:15+00:00"),
    ("quarter", "2026-11-23T02:14:59+00:00", "2026-11-23T02:15+00:00"),
    ("hourly", "2026-11-23T02:59+00:00", "2026-11-23T03:00+00:00"),
    ("daily", "2026-11-23T02:59+08:00", "2026-11-23T03:00+08:00"),
    ("daily", "2026-11-23T03:00+08:00", "2026-11-24T03:00+08:00"),
    ("weekly", "2026-11-24T00:00+08:00", "2026-11-30T03:00+08:00"),
    ("monthly", "2026-11-01T03:00+08:00", "2026-12-01T03:00+08:00"),
    ("monthly", "2026-12-31T23:00+08:00", "2027-01-01T03:00+08:00"),
])  # fmt: skip
def test_it_is_the_next_time_of_the_citys_clock(schedule, after, expected, settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    assert next_run(source(schedule), when(after)) == (expected and when(expected))


def test_an_hour_that_is_skipped_or_repeated_counts_once(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    nightly = source("daily", "02:30")

    spring = [when("2026-03-28T01:30+00:00")]
    autumn = [when("2026-10-24T00:30+00:00")]
    for found in (spring, autumn):
        for _day in range(2):
            found.append(next_run(nightly, found[-1]))
    assert [moment.astimezone(UTC).isoformat() for moment in spring[1:]] == [
        "2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00",
    ]  # fmt: skip
    assert [moment.astimezone(UTC).isoformat() for moment in autumn[1:]] == [
        "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00",
    ]  # fmt: skip


MOMENTS = st.integers(1_767_000_000, 1_956_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
TIMES = st.integers(0, 1439).map(lambda minutes: time(minutes // 60, minutes % 60))
ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])


@given(MOMENTS, ZONES, st.sampled_from(["quarter", "hourly", "daily", "weekly", "monthly"]), TIMES)
@limits(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_always_lies_ahead_and_not_too_far(after, zone, schedule, at):
    with override_settings(TIME_ZONE=zone):
        found = next_run(Source(schedule=schedule, at=at), after)
    longest = {"quarter": 0.02, "hourly": 0.05, "daily": 1.2, "weekly": 7.2, "monthly": 31.2}[schedule]
    assert timedelta() < found - after <= timedelta(days=longest)
    if schedule == "monthly":
        assert {found.astimezone(ZoneInfo(zone)).day} <= {1, 2}


@pytest.mark.parametrize(("failures", "minutes"), [(1, 2), (2, 10), (3, 30), (4, 120), (5, 360), (6, 360)])
def test_it_waits_longer_after_each_failure(failures, minutes):
    now = when("2026-11-23T02:00+00:00")

    assert after_failure(source("hourly", failures=failures), now) == now + timedelta(minutes=minutes)
    assert after_failure(source("asked", failures=failures), now) is None
