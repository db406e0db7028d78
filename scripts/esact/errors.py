"""Errors a user can cause, and how a command line reports them."""

import argparse
import sys
from collections.abc import Callable


class InputError(Exception):
    """A bad file, key or argument; the message names it, its value and what was expected."""

    @classmethod
    def value(cls, source, key: str, value, expected: str) -> "InputError":
        """The error of `key` in `source` being `value` instead of `expected`."""
        return cls(f"{source}: {key} is {value!r}, expected {expected}")


class CommandParser(argparse.ArgumentParser):
    """A command line whose mistakes are user errors like any other."""

    def error(self, message: str):
        raise InputError(f"{self.prog}: {message}")


def run_command(command: Callable[[], None]) -> None:
    """Run a console command; an error the user caused ends it with one line and exit code 1."""
    try:
        command()
    except (InputError, OverflowError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
