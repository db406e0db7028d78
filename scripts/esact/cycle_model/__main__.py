"""`python -m esact.cycle_model`: the cycle model beside esact-vp, on random heads."""

import sys

import numpy as np
from tqdm import tqdm

from esact.cycle_model.cases import random_case, run_case
from esact.cycle_model.check import compare
from esact.errors import CommandParser, InputError, run_command


def _run() -> None:
    parser = CommandParser(prog="esact.cycle_model", description="Compare the cycle model with "
                           "esact-vp on random heads, step by step.")
    parser.add_argument("--runs", type=int, default=10, metavar="N",
                        help="random workloads, each under random parameters (default 10)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first (default 0)")
    arguments = parser.parse_args()
    outcomes, wrong = [], []
    for seed in tqdm(range(arguments.seed, arguments.seed + arguments.runs), unit="workload",
                     disable=not sys.stderr.isatty()):
        for head in run_case(random_case(np.random.default_rng(seed))):
            outcomes.append(compare(head))
            if not outcomes[-1].agrees:
                wrong.append(f"seed {seed}, {head.name}: {outcomes[-1].difference}")
    at_once = sum(outcome.agrees and outcome.schedules == 1 for outcome in outcomes)
    print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} heads agree in every step to the "
          f"cycle, {at_once} of them without a choice.")
    if wrong:
        raise InputError("\n".join(wrong))


def main() -> None:
    """Entry point of `python -m esact.cycle_model`."""
    run_command(_run)


if __name__ == "__main__":
    main()
