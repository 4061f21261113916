"""How long a reading will still take, judged by how long the stages behind it took."""

import time

# What the stages of one table cost beside one another, as measured on long texts; reading row by row is the dear way.
COSTS = {"decoding": 1, "reading": 20, "typing": 5, "writing": 18, "profiling": 10}
LEAST_SECONDS = 2
LEAST_DONE = 0.3


class Pace:
    """Hears of each stage and how much of it is done (0 to 1); says how many seconds are left, or None if unknown."""

    def __init__(self, clock=time.monotonic):
        self.clock, self.begun = clock, None
        self.seen, self.part, self.several = [], 0.0, False

    def left(self, stage, part):
        """Seconds until the end; unknown at first, where a stage cannot tell its share, and for several tables."""
        if stage not in COSTS:
            return None
        self.begun = self.begun or self.clock()
        if not self.seen or stage != self.seen[-1]:
            self.several = self.several or stage in self.seen or stage in _before(self.seen)
            self.seen.append(stage)
            self.part = 0.0
        self.part = max(self.part, min(part or 0.0, 1.0))
        elapsed, cost = self.clock() - self.begun, COSTS[stage]
        done = sum(COSTS[name] for name in self.seen[:-1]) + cost * self.part
        if self.several or part is None or elapsed < LEAST_SECONDS or done < LEAST_DONE:
            return None
        later = list(COSTS)[list(COSTS).index(stage) + 1 :]
        rest = cost * (1 - self.part) + sum(COSTS[name] for name in later if name != "reading")
        return round(elapsed * rest / done)


def _before(seen):
    """The stages that come before the last one seen."""
    return list(COSTS)[: list(COSTS).index(seen[-1])] if seen else []
