"""A cycle model of one head's schedule, written from docs/timing.md and the pages it links to.

It takes the decisions of SPLS as given (`Pattern`) and computes no value. docs/cycle_model.md says
what is modelled, what is left open, and how the virtual prototype is compared with it.
"""

from collections.abc import Sequence

from esact.cycle_model.arrays import MacArray, VectorUnit
from esact.cycle_model.engine import Engine, Predictor
from esact.cycle_model.kernel import Choice, Process
from esact.cycle_model.machine import Machine, Pattern, Step


def simulate(pattern: Pattern, parameters: dict | None = None,
             choices: Sequence[int] = ()) -> tuple[list[Step], list[Choice]]:
    """Every step of the head, in cycles from the one in which the scheduler sends it, and the
    open decisions in the order in which they came; `choices` are what to take at the first."""
    machine = Machine(pattern, parameters or {}, choices)
    engine = Engine(machine, MacArray(machine), VectorUnit(machine))
    if pattern.window is None:
        machine.simulation.start(_send_dense(engine))
    else:
        Predictor(machine, engine)
    machine.simulation.run()
    return machine.steps, machine.simulation.choices


def _send_dense(engine: Engine) -> Process:
    """The scheduler's records where SPLS is off."""
    for window in range(len(engine.windows)):
        yield from engine.accept(window)
