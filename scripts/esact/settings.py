"""Settings given with `--config FILE` and `--set key=value`."""

from pathlib import Path

from esact.errors import InputError
from esact.yaml_text import load_yaml


def read_settings(config: Path | None, assignments: list[str]) -> dict[str, object]:
    """Dotted key -> value; assignments win over the file."""
    settings = {} if config is None else _flatten(config, _read_yaml(config))
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        if not separator or not key:
            raise InputError.value("--set", "argument", assignment, "key=value")
        settings[key] = load_yaml(text, f"--set: {key}")
    return settings


def spls_changes(settings: dict[str, object]) -> dict[str, object]:
    """The knobs among the settings, without their prefix; other keys never change a value."""
    prefix = "spls."
    return {key.removeprefix(prefix): value for key, value in settings.items()
            if key.startswith(prefix)}


def reuses_projection(settings: dict[str, object]) -> bool:
    """Whether the output projection is counted as reused per head."""
    value = settings.get("projection.reuse", "auto")
    if value not in ("auto", "always", "never"):
        raise InputError.value("settings", "projection.reuse", value, "auto, always or never")
    return value != "never"


def _read_yaml(path: Path):
    try:
        return load_yaml(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error})") from None


def _flatten(source: Path, tree, prefix: str = "") -> dict[str, object]:
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise InputError.value(source, prefix or "content", tree, "a mapping")
    flat = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flatten(source, value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
