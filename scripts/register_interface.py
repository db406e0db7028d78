"""The register map and descriptor of config/registers.yaml, checked and laid out."""

from dataclasses import dataclass

BYTES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "address": 8}
ACCESS = {"ro", "rw", "w1c", "sc"}


class RegisterError(Exception):
    """The data file contradicts itself."""


def bit_range(bits: int | str) -> tuple[int, int]:
    """High and low bit of `5` or `"31:6"`."""
    high, _, low = str(bits).partition(":")
    return int(high), int(low or high)


def mask_of(bits: int | str) -> int:
    """Mask of a bit range."""
    high, low = bit_range(bits)
    return (1 << (high + 1)) - (1 << low)


@dataclass
class Register:
    """One register with the masks that its fields make."""

    name: str
    offset: int
    reset: int
    description: str
    fields: list[dict]
    masks: dict[str, int]
    minimum: int
    maximum: int

    @classmethod
    def parse(cls, entry: dict) -> "Register":
        """From an entry of the data file."""
        fields = entry.get("fields", [])
        parts = fields or [{"bits": entry.get("bits", "31:0"), "access": entry["access"]}]
        masks = dict.fromkeys(ACCESS, 0)
        for part in parts:
            if part["access"] not in ACCESS or any(
                m & mask_of(part["bits"]) for m in masks.values()
            ):
                raise RegisterError(
                    f"{entry['name']}: bad access or overlapping bits {part['bits']}"
                )
            masks[part["access"]] |= mask_of(part["bits"])
        minimum, maximum = entry.get("range", (0, 0xFFFFFFFF))
        if entry["offset"] % 4 or not minimum <= entry["reset"] <= maximum:
            raise RegisterError(f"{entry['name']}: misaligned offset, or reset value out of range")
        return cls(
            entry["name"],
            entry["offset"],
            entry["reset"],
            entry["description"],
            fields,
            masks,
            minimum,
            maximum,
        )

    def accesses(self) -> str:
        """Access kinds in use, for the page."""
        return ", ".join(sorted(kind for kind, mask in self.masks.items() if mask))


@dataclass
class Field:
    """One field of the descriptor at its offset."""

    name: str
    type: str
    count: int
    offset: int
    description: str
    range: list[int] | None
    error: str | None
    write_back: bool

    @property
    def bytes(self) -> int:
        """Bytes of the field."""
        return BYTES[self.type] * self.count

    def array(self) -> str:
        """`[count]`, or nothing for one value."""
        return f"[{self.count}]" if self.count > 1 else ""


def parse_fields(descriptor: dict) -> list[Field]:
    """Lay the fields out in order; each must be aligned and together they fill the descriptor."""
    fields, offset = [], 0
    for entry in descriptor["fields"]:
        field = Field(
            entry["name"],
            entry["type"],
            entry.get("count", 1),
            offset,
            entry["description"],
            entry.get("range"),
            entry.get("error"),
            entry.get("write_back", False),
        )
        if offset % BYTES[field.type]:
            raise RegisterError(f"descriptor field {field.name} is misaligned at {offset}")
        fields.append(field)
        offset += field.bytes
    if offset != descriptor["bytes"]:
        raise RegisterError(f"descriptor fields fill {offset} bytes, not {descriptor['bytes']}")
    return fields


class Interface:
    """The data file, checked and laid out."""

    def __init__(self, data: dict):
        self.registers = [Register.parse(entry) for entry in data["registers"]]
        offsets = [register.offset for register in self.registers]
        if offsets != sorted(set(offsets)):
            raise RegisterError("registers must stand in the order of their offsets, each once")
        self.descriptor_bytes = data["descriptor"]["bytes"]
        self.fields = parse_fields(data["descriptor"])
        self.flags = data["descriptor_flags"]
        self.status = data["descriptor_status"]
        self.errors = data["error_codes"]
        known = {entry["name"] for entry in self.errors}
        for field in self.fields:
            if (field.range is None) != (field.error is None) or field.error not in known | {None}:
                raise RegisterError(
                    f"descriptor field {field.name}: range and a known error go together"
                )

    @property
    def map_bytes(self) -> int:
        """Bytes from the first register to the end of the last."""
        return self.registers[-1].offset + 4
