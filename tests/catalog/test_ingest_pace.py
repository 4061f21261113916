"""How long a reading still takes: told from what lies behind it, and not told where nothing is known."""

from catalog.ingest.pace import COSTS, Pace
from catalog.reading_words import left_words


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def run(stages, speed=1.0):
    """The estimates of a reading whose stages cost what they usually do, with the truth beside them."""
    clock = Clock()
    pace, told = Pace(clock), []
    whole = sum(COSTS[stage] for stage in stages) * speed
    for stage in stages:
        for step in range(11):
            told.append((pace.left(stage, step / 10), whole - (clock.now - 100)))
            clock.now += COSTS[stage] * speed / 10 if step < 10 else 0
    return told


def test_it_is_true_where_the_stages_cost_what_they_usually_do():
    for speed in (1, 30):
        told = [
            (said, true)
            for said, true in run(["decoding", "typing", "writing", "profiling"], speed)
            if said is not None
        ]
        assert len(told) >= 30
        assert all(abs(said - true) <= 1 for said, true in told)


def test_it_learns_from_the_careful_way_once_it_is_met():
    told = run(["decoding", "reading", "typing", "writing", "profiling"], 10)
    assert all(abs(said - true) <= 1 for said, true in told[11:])


def test_it_says_nothing_at_once_nor_where_a_stage_cannot_tell_its_share_nor_for_several_tables():
    clock = Clock()
    pace = Pace(clock)
    assert pace.left("unpacking", None) is None
    assert pace.left("decoding", 0.9) is None
    clock.now += 100
    assert pace.left("decoding", 0.9) > 0
    assert pace.left("reading", None) is None
    for stage in ("typing", "writing", "profiling", "decoding"):
        last = pace.left(stage, 0.5)
    assert last is None and pace.left("typing", 0.5) is None


def test_it_never_goes_back_within_a_stage():
    clock = Clock()
    pace = Pace(clock)
    pace.left("typing", 0.0)
    clock.now += 50
    assert pace.left("typing", 0.1) == pace.left("typing", 0.1) > pace.left("typing", 0.9) == pace.left("typing", 0.2)


def test_it_is_said_no_more_exactly_than_it_is_known():
    assert left_words(None) == ""
    assert left_words(20) == "Less than a minute left."
    assert left_words(170) == "About 3 minutes left."
