"""The picture of the machine is that of the machine which is built."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bin" / "esact-vp"
pytestmark = pytest.mark.skipif(
    not PROGRAM.exists() and "CI" not in os.environ, reason="build/bin/esact-vp has not been built")


def hierarchy(*arguments: str) -> str:
    """What `esact-vp hierarchy` prints."""
    return subprocess.run([PROGRAM, "hierarchy", *arguments], check=True, capture_output=True,
                          text=True).stdout


def draw(text: str) -> subprocess.CompletedProcess:
    """Run the script on a hierarchy."""
    return subprocess.run([sys.executable, ROOT / "scripts" / "draw_machine.py"], input=text,
                          capture_output=True, text=True, check=False)


def test_picture_is_that_of_the_default_machine():
    picture = draw(hierarchy())
    assert picture.returncode == 0, picture.stderr
    assert picture.stdout == (ROOT / "docs" / "machine.svg").read_text(), (
        "docs/machine.svg is stale: build/bin/esact-vp hierarchy | scripts/draw_machine.py "
        ">docs/machine.svg")


def test_parameters_change_the_hierarchy():
    def sockets(*arguments: str) -> list[str]:
        links = json.loads(hierarchy(*arguments))["links"]
        return [link[0] for link in links if link[0].startswith("machine.esact.mac_array.memory")]

    assert [len(sockets("--set", f"mac_array.groups={groups}")) for groups in (1, 8)] == [1, 8]


@pytest.mark.parametrize(("change", "message"), [
    (lambda modules: modules.append("machine.esact.new_block"), "machine.esact.new_block"),
    (lambda modules: modules.remove("machine.dram"), "machine.dram"),
])
def test_module_without_a_place_is_named(change, message):
    described = json.loads(hierarchy())
    change(described["modules"])
    picture = draw(json.dumps(described))
    assert (picture.returncode, picture.stdout) == (1, "")
    assert message in picture.stderr


@pytest.mark.parametrize("text", ["", "[", "{}"])
def test_other_input_is_one_error(text):
    picture = draw(text)
    assert (picture.returncode, picture.stdout) == (1, "")
    assert picture.stderr.startswith("draw_machine.py: standard input: ")
    assert picture.stderr.count("\n") == 1
