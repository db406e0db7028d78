"""The generator of the register map's headers and page."""

import copy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from register_interface import Interface, RegisterError  # noqa: E402

DATA = yaml.safe_load((ROOT / "config/registers.yaml").read_text(encoding="utf-8"))
C_HEADER = "platforms/esact_vp/firmware/esact_registers.h"


@pytest.fixture(name="tree")
def fixture_tree(tmp_path):
    """A copy of what the generator needs."""
    for path in ("config/registers.yaml", "scripts/generate_registers.py",
                 "scripts/register_interface.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def generate(tree, *arguments):
    """Runs the generator of a tree."""
    command = [sys.executable, tree / "scripts/generate_registers.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_check_accepts_fresh_files_and_names_stale_ones(tree):
    assert generate(tree, "--check").returncode == 1
    assert generate(tree).returncode == 0
    assert generate(tree, "--check").returncode == 0
    header = tree / C_HEADER
    header.write_text(header.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    result = generate(tree, "--check")
    assert result.returncode == 1
    assert C_HEADER in result.stderr and "registers.md" not in result.stderr


@pytest.mark.parametrize("standard", ["c99", "c11"])
def test_c_header_is_plain_c(tree, standard):
    assert generate(tree).returncode == 0
    program = (
        '#include "esact_registers.h"\n'
        "#include <stddef.h>\n"
        "typedef char offset[offsetof(struct esact_descriptor, cycles) == 104 ? 1 : -1];\n"
    )
    command = ["cc", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
               "-fsyntax-only", "-I", (tree / C_HEADER).parent, "-x", "c", "-"]
    result = subprocess.run(command, input=program, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_descriptor_fields_lie_where_the_hardware_reads_them():
    offsets = {field.name: field.offset for field in Interface(DATA).fields}
    expected = {"tokens": 8, "k_q8": 20, "quantizer": 28, "sequence_table": 32, "parameters": 56,
                "scratch_bytes": 80, "status": 88, "error_address": 96, "reserved1": 112}
    assert {name: offsets[name] for name in expected} == expected


@pytest.mark.parametrize("change", [
    lambda data: data["registers"][1].update(offset=0),
    lambda data: data["registers"][1].update(offset=6),
    lambda data: data["registers"][0].update(access="wo"),
    lambda data: data["registers"][2]["fields"][1].update(bits=0),
    lambda data: next(r for r in data["registers"] if "range" in r).update(reset=0),
    lambda data: data["descriptor"]["fields"].pop(),
    lambda data: data["descriptor"]["fields"].insert(0, data["descriptor"]["fields"].pop(-4)),
    lambda data: data["descriptor"]["fields"][0].pop("error"),
    lambda data: data["descriptor"]["fields"][0].update(error="no_such"),
], ids=["two at one offset", "misaligned register", "unknown access", "overlapping fields",
        "reset out of range", "short descriptor", "misaligned field", "range without error",
        "unknown error"])
def test_contradictions_are_errors(change):
    data = copy.deepcopy(DATA)
    change(data)
    with pytest.raises(RegisterError):
        Interface(data)
