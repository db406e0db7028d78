"""Finds the steps of a head that esact-vp took among those that the model allows."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from esact.cycle_model import simulate
from esact.cycle_model.cases import Head
from esact.cycle_model.machine import Step

MOST_SCHEDULES = 500  # of a head, until it counts as different


@dataclass(frozen=True)
class Outcome:
    """Whether the model takes the same steps, after how many schedules, or where it differs."""

    agrees: bool
    schedules: int
    difference: str = ""


class _Schedule:
    """The model's steps under some choices, and the cycle in which they depart from others."""

    def __init__(self, head: Head, choices: Sequence[int] = ()):
        self.head = head
        self.steps, self.choices = simulate(head.pattern, head.parameters, choices)
        events = [Counter(event for step in steps for event in _events(step))
                  for steps in (self.steps, head.observed)]
        self.agrees = Counter(self.steps) == Counter(head.observed)
        differing = (events[0] - events[1]) + (events[1] - events[0])
        self.departs = min(cycle for cycle, *_ in differing) if differing else sys.maxsize

    def variants(self, first: int = 0) -> Iterator["_Schedule"]:
        """Schedules that decide differently from the decision `first` on.

        What is decided after a schedule departs makes it no better: of the decisions before, the
        last one is taken in every way, then the last two are, and so on.
        """
        taken = [choice.taken for choice in self.choices if choice.cycle <= self.departs]
        for index in reversed(range(first, len(taken))):
            for other in range(self.choices[index].among):
                if other == taken[index]:
                    continue
                variant = _Schedule(self.head, (*taken[:index], other))
                yield variant
                yield from variant.variants(index + 1)


def _events(step: Step) -> tuple:
    return (step.start, "start", *step[:3]), (step.end, "end", *step[:3])


def compare(head: Head) -> Outcome:
    """Look for the observed steps among the schedules that differ in the open decisions only.

    Starts with the first choice everywhere, and goes on with a schedule that departs later as soon
    as there is one.
    """
    best, schedules = _Schedule(head), 1
    variants = best.variants()
    while not best.agrees and schedules < MOST_SCHEDULES:
        variant = next(variants, None)
        if variant is None:
            break
        schedules += 1
        if variant.agrees or variant.departs > best.departs:
            best, variants = variant, variant.variants()
    return Outcome(best.agrees, schedules, "" if best.agrees else _describe(head, best))


def _describe(head: Head, schedule: _Schedule) -> str:
    modelled, observed = Counter(schedule.steps), Counter(head.observed)
    return "; ".join(
        f"{name} only: {min((a - b).elements(), key=lambda step: step.end)}"
        for name, a, b in (("model", modelled, observed), ("esact-vp", observed, modelled))
        if a - b)
