#!/usr/bin/env python3
"""Draws the machine: `build/bin/esact-vp hierarchy | scripts/draw_machine.py >docs/machine.svg`.

The blocks stand on a diagonal in the order in which work and data flow, the SRAM along the right
side. What goes to a later block leaves on the right and arrives from above, what goes back leaves
on the left and arrives from below, so that no line ever crosses a block. Lines to one socket meet.
"""

import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

CHIP = "machine.esact"
SRAM = f"{CHIP}.sram"
# Every module but the SRAM, in the order of the diagonal; the modules of the chip come last.
DIAGONAL = ["host", "machine.interconnect", "machine.dram"] + [
    f"{CHIP}.{block}" for block in (
        "csr_block", "scheduler", "dma_block", "spls_predictor", "hlog_quantizer",
        "sparse_attention_engine", "ffn_array", "mac_array", "vector_unit")]
ENCLOSING = {"machine", CHIP}
MEMORIES = {SRAM, "machine.dram", "machine.interconnect", f"{CHIP}.hlog_quantizer"}

WIDTH, STEP = 190, 108  # of a block; from one block to the next
LINE = 15              # height of a line of text
GAP = 16               # between two blocks' rows
MARGIN = 20
SRAM_WIDTH = 90
COLOURS = {"command": "#444444", "memory": "#1f6fb4", "wire": "#b4501f"}


class DrawingError(Exception):
    """The machine is not the one for which the places above were chosen."""


@dataclass
class Link:
    """One arrow; of several sockets `memory_0`, `memory_1`, ... one stands for all."""

    source: str
    target: str
    output: str
    input: str
    kind: str
    boundary: str = ""  # the chip's socket on the way


@dataclass
class Block:
    """A box and the names of its sockets by the side on which they lie."""

    name: str
    x: int = 0
    y: int = 0
    height: int = 0
    right: list[Link] = field(default_factory=list)
    left: list[Link] = field(default_factory=list)
    top: list[str] = field(default_factory=list)
    bottom: list[str] = field(default_factory=list)

    def output_y(self, link: Link) -> int:
        """Where a link leaves: below the title, one line each."""
        row = (self.right if link in self.right else self.left).index(link)
        return self.y + LINE * (bool(self.top) + 1 + row) + LINE // 2 + 4

    def input_x(self, name: str, forward: bool) -> int:
        """Where links to a socket arrive: in the part of the edge that no other block covers."""
        names = self.top if forward else self.bottom
        start = self.x + (WIDTH - STEP if forward else 0)
        if len(names) == 1:
            return start + STEP // 2
        return start + 12 + (STEP - 40) * names.index(name) // (len(names) - 1)


def split(socket: str) -> tuple[str, str]:
    """Module and own name of a socket."""
    module, _, name = socket.rpartition(".")
    return module, name


def read_links(hierarchy: dict) -> tuple[list[Link], list[str]]:
    """All links, and the chip's ports that nothing drives."""
    groups: dict[tuple, list[Link]] = defaultdict(list)
    open_ports = []
    for kind in ("links", "wires"):
        for path in hierarchy[kind]:
            (source, output), (target, input_) = split(path[0]), split(path[-1])
            if source == target:
                open_ports.append(output)
            if source == target or source in ENCLOSING:  # the boot loader's debug socket
                continue
            boundary = [name for module, name in map(split, path[1:-1]) if module == CHIP]
            colour = "wire" if kind == "wires" else "memory" if target in MEMORIES else "command"
            link = Link(source, target, output, input_, colour, "".join(boundary))
            groups[source, re.sub(r"_\d+$", "", output), target, input_].append(link)
    links = []
    for same in groups.values():
        if len(same) > 1:
            same[0].output += f" .. {same[-1].output.rpartition('_')[2]}"
        links.append(same[0])
    return links, open_ports


def arrange(hierarchy: dict, links: list[Link]) -> dict[str, Block]:
    """Places the blocks of the diagonal and distributes the links to their sides."""
    places = {*DIAGONAL, SRAM}
    modules = set(hierarchy["modules"]) - ENCLOSING
    if modules != places:
        raise DrawingError(f"blocks without a place or places without a block: "
                           f"{', '.join(sorted(modules ^ places))}")
    order = {name: index for index, name in enumerate([*DIAGONAL, SRAM])}
    blocks = {name: Block(name) for name in DIAGONAL}
    # Lines that turn soon lie below those that go on, and so never cross them.
    for link in sorted(links, key=lambda link: -order[link.target]):
        forward = order[link.target] > order[link.source]
        source = blocks[link.source]
        (source.right if forward else source.left).append(link)
        if link.target == SRAM:
            continue
        names = blocks[link.target].top if forward else blocks[link.target].bottom
        if link.input not in names:
            names.append(link.input)
    y = MARGIN
    for index, block in enumerate(blocks.values()):
        rows = bool(block.top) + 1 + max(len(block.right), len(block.left)) + bool(block.bottom)
        in_chip = DIAGONAL[index].startswith(CHIP)
        y += GAP + LINE if in_chip and not DIAGONAL[index - 1].startswith(CHIP) else 0
        block.x = MARGIN + STEP * index + (GAP if in_chip else 0)
        block.y, block.height = y, LINE * rows + 8
        y += block.height + GAP
    return blocks


class Drawing:
    """The SVG elements so far."""

    def __init__(self) -> None:
        self.elements: list[str] = []

    def rectangle(self, x: int, y: int, width: int, height: int, fill: str, more: str = "") -> None:
        self.elements.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" '
                             f'fill="{fill}" stroke="#444444"{more}/>')

    def text(self, x: int, y: int, text: str, anchor: str = "start", more: str = "") -> None:
        self.elements.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}"{more}>'
                             f'{escape(text)}</text>')

    def line(self, points: list[tuple[int, int]], kind: str) -> None:
        path = " L".join(f"{x} {y}" for x, y in points)
        dashes = ' stroke-dasharray="5 3"' if kind == "wire" else ""
        self.elements.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[kind]}" '
                             f'stroke-width="1.3"{dashes} marker-end="url(#{kind})"/>')

    def junction(self, x: int, y: int, kind: str) -> None:
        self.elements.append(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{COLOURS[kind]}"/>')

    def socket(self, x: int, y: int) -> None:
        self.elements.append(f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="#ffffff" '
                             'stroke="#444444"/>')

    def document(self, width: int, height: int) -> str:
        markers = "\n".join(
            f'<marker id="{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 Z" fill="{colour}"/></marker>'
            for kind, colour in COLOURS.items())
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
            "<!-- Made by scripts/draw_machine.py from `esact-vp hierarchy`. -->",
            f"<defs>\n{markers}\n</defs>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *self.elements, "</svg>", ""])


def draw_block(drawing: Drawing, block: Block) -> None:
    """A box with its title and the names of its sockets, each where its line begins or ends."""
    drawing.rectangle(block.x, block.y, WIDTH, block.height, "#f4efe2")
    for name in block.top:
        drawing.text(block.input_x(name, True), block.y + 12, name, "middle")
    title = block.name.rpartition(".")[2].removesuffix("_block").replace("_", " ")
    drawing.text(block.x + 8, block.y + 13 + LINE * bool(block.top), title,
                 more=' font-weight="bold" font-size="12"')
    for link in block.right:
        drawing.text(block.x + WIDTH - 5, block.output_y(link) + 4, link.output, "end")
    for link in block.left:
        drawing.text(block.x + 5, block.output_y(link) + 4, link.output)
    for name in block.bottom:
        drawing.text(block.input_x(name, False), block.y + block.height - 5, name, "middle")


def draw_link(drawing: Drawing, link: Link, blocks: dict[str, Block], sram_x: int,
              chip: tuple[int, int]) -> None:
    """An arrow, and the chip's socket where it enters from above or leaves to the left."""
    source = blocks[link.source]
    forward = link in source.right
    y = source.output_y(link)
    points = [(source.x + (WIDTH if forward else 0), y)]
    if link.target == SRAM:
        points.append((sram_x, y))
    else:
        target = blocks[link.target]
        x = target.input_x(link.input, forward)
        points += [(x, y), (x, target.y + (0 if forward else target.height))]
    drawing.line(points, link.kind)
    if link.boundary and forward:
        drawing.socket(points[1][0], chip[1])
        drawing.text(points[1][0] + 8, chip[1] + 13, link.boundary)
    elif link.boundary:
        drawing.socket(chip[0], y)
        drawing.text(chip[0] - 8, y - 5, link.boundary, "end")


def draw_junctions(drawing: Drawing, links: list[Link], blocks: dict[str, Block]) -> None:
    """A dot wherever a line joins one that comes from further away."""
    meeting: dict[tuple, list[tuple[int, int, str]]] = defaultdict(list)
    for link in links:
        if link.target != SRAM:
            forward = link in blocks[link.source].right
            x = blocks[link.target].input_x(link.input, forward)
            y = blocks[link.source].output_y(link)
            meeting[link.target, link.input, forward].append((y, x, link.kind))
    for (_, _, forward), corners in meeting.items():
        for y, x, kind in sorted(corners, reverse=not forward)[1:]:
            drawing.junction(x, y, kind)


def draw(hierarchy: dict) -> str:
    """The picture of a machine, as SVG."""
    links, open_ports = read_links(hierarchy)
    blocks = arrange(hierarchy, links)
    inside = [block for block in blocks.values() if block.name.startswith(CHIP)]
    chip_x, chip_y = inside[0].x - GAP, inside[0].y - GAP - LINE
    bottom = inside[-1].y + inside[-1].height
    sram_x = inside[-1].x + WIDTH + 2 * GAP
    chip_width = sram_x + SRAM_WIDTH + GAP - chip_x

    drawing = Drawing()
    drawing.rectangle(chip_x, chip_y, chip_width, bottom + GAP - chip_y, "#fbfaf6",
                      ' stroke-width="2"')
    drawing.text(chip_x + chip_width - 12, chip_y + 18, "esact", "end",
                 ' font-weight="bold" font-size="14"')
    drawing.rectangle(sram_x, inside[0].y, SRAM_WIDTH, bottom - inside[0].y, "#e2ecf4")
    drawing.text(sram_x + SRAM_WIDTH // 2, inside[0].y + 18, "sram", "middle",
                 ' font-weight="bold" font-size="12"')
    drawing.text(sram_x + 6, inside[1].y + LINE * 2 + 15, "memory")

    for link in links:
        draw_link(drawing, link, blocks, sram_x, (chip_x, chip_y))
    draw_junctions(drawing, links, blocks)
    for index, name in enumerate(open_ports):
        y = inside[3].y + LINE * 2 * (index + 1)
        drawing.line([(chip_x - 50, y), (chip_x - 4, y)], "wire")
        drawing.socket(chip_x, y)
        drawing.text(chip_x - 8, y - 5, name, "end")
    for block in blocks.values():
        draw_block(drawing, block)

    legend = [("memory", "TLM: reads and writes of memory"),
              ("command", "TLM: commands and registers"), ("wire", "wires")]
    for index, (kind, text) in enumerate(legend):
        y = bottom - LINE * (len(legend) - index)
        drawing.line([(MARGIN, y), (MARGIN + 36, y)], kind)
        drawing.text(MARGIN + 44, y + 4, text)
    return drawing.document(chip_x + chip_width + MARGIN, bottom + GAP + MARGIN)


def main() -> None:
    try:
        sys.stdout.write(draw(json.load(sys.stdin)))
    except (json.JSONDecodeError, KeyError) as error:
        sys.exit(f"draw_machine.py: standard input: {error!r}, expected what esact-vp hierarchy "
                 "prints")
    except DrawingError as error:
        sys.exit(f"draw_machine.py: {error}")


if __name__ == "__main__":
    main()
