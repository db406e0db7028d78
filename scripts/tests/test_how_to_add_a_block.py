"""docs/how_to_add_a_block.md against the tree: where its example of an existing block stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how_to_add_a_block.md").read_text()
PLACES = re.findall(r"^\| `([^`]+)` \|[^|]*\| `([^`]+)` \|$", PAGE, re.MULTILINE)
BLOCK = re.compile(r"vector_(unit|operation|lane)|VectorUnit|VectorCommand")


def test_the_page_has_places():
    assert len(PLACES) > 20


@pytest.mark.parametrize("file, text", PLACES)
def test_an_existing_block_stands_where_the_page_says(file, text):
    assert text in (ROOT / file).read_text()


def test_the_page_names_every_file_in_which_an_existing_block_stands():
    named = set(re.findall(r"`((?:modules|platforms|config|scripts)/[\w./]+)`", PAGE))
    own = ROOT / "modules" / "vector_unit"
    sources = (file for folder in ("modules", "platforms", "config", "scripts")
               for file in (ROOT / folder).rglob("*")
               if file.suffix in {".h", ".cpp", ".txt", ".yaml", ".py", ".sh"}
               and own not in file.parents and Path(__file__).parent not in file.parents)
    unnamed = [str(file.relative_to(ROOT)) for file in sources
               if BLOCK.search(file.read_text())
               and not any(str(file.relative_to(ROOT)).startswith(name) for name in named)]
    assert not unnamed
