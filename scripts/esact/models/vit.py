"""ViT: pre-LN, the tokens are a class token and the patches of an image."""

from pathlib import Path

import numpy as np

from esact.models.config import Config
from esact.models.kinds import MAX_TOKENS, ImageModel
from esact.models.tensors import Tensors, read_layer
from esact.transformer import FloatModel

_SHAPE = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
_LARGEST_SIDE = 2**14
_PARTS = {
    "q": "attention.attention.query",
    "k": "attention.attention.key",
    "v": "attention.attention.value",
    "o": "attention.output.dense",
    "1": "intermediate.dense",
    "2": "output.dense",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
}


def read(folder: Path, name: str, config: Config) -> ImageModel:
    """The ViT in a folder."""
    shape = config.shape(name, _SHAPE, norm="pre", final_norm=True)
    size = (config.integer("num_channels", 64, 3), *config.pair("image_size", _LARGEST_SIDE))
    patch = config.pair("patch_size", _LARGEST_SIDE)
    grid = (size[1] // patch[0], size[2] // patch[1])
    if not 1 <= grid[0] * grid[1] < MAX_TOKENS:
        raise config.error("image_size", list(size[1:]),
                           f"1..{MAX_TOKENS - 1} patches of {list(patch)}")
    qkv_bias = config.flag("qkv_bias", True)
    tensors = Tensors(folder, "vit.")
    kernel = tensors.take("embeddings.patch_embeddings.projection.weight", shape.width, size[0],
                          *patch).reshape(shape.width, -1).T
    bias = tensors.take("embeddings.patch_embeddings.projection.bias", shape.width)
    class_token = tensors.take("embeddings.cls_token", 1, 1, shape.width)[0]
    places = tensors.take("embeddings.position_embeddings", 1, 1 + grid[0] * grid[1],
                          shape.width)[0]
    layers = [read_layer(tensors, f"encoder.layer.{n}.", _PARTS, shape, qkv_bias)
              for n in range(shape.layers)]
    norm_final = tensors.norm("layernorm", shape.width)
    tensors.finish(("embeddings.", "encoder.", "layernorm."), ("embeddings.mask_token",))
    pixels = _Pixels(folder / "preprocessor_config.json", size[0])

    def embed(image):
        patches = _cut_patches(pixels.normalise(image), grid, patch)
        return np.concatenate([class_token, patches @ kernel + bias]) + places

    model = FloatModel(shape, layers, config.activation("hidden_act", "gelu"),
                       config.positive("layer_norm_eps", 1e-12), norm_final)
    return ImageModel(model, size, embed, pixels.check)


def _cut_patches(image: np.ndarray, grid: tuple[int, int], patch: tuple[int, int]) -> np.ndarray:
    """`[patches, channels * height * width]` of an image's patches, row by row."""
    rows, columns = grid
    height, width = patch
    whole = image[:, :rows * height, :columns * width]
    parts = whole.reshape(-1, rows, height, columns, width).transpose(1, 3, 0, 2, 4)
    return parts.reshape(rows * columns, -1)


class _Pixels:
    """What preprocessor_config.json does to the values of an image; without it, nothing."""

    def __init__(self, path: Path, channels: int):
        self._rescaled = False
        self._factor, self._mean, self._deviation = 1.0, np.zeros(channels), np.ones(channels)
        if not path.is_file():
            return
        config = Config(path)
        self._rescaled = config.flag("do_rescale", True)
        if self._rescaled:
            self._factor = config.positive("rescale_factor", 1 / 255)
        if config.flag("do_normalize", True):
            self._mean = np.array(config.numbers("image_mean", [0.5] * channels))
            deviation = config.numbers("image_std", [0.5] * channels)
            if min(deviation) <= 0:
                raise config.error("image_std", deviation, f"{channels} positive numbers")
            self._deviation = np.array(deviation)

    def normalise(self, image: np.ndarray) -> np.ndarray:
        """The image as the patch embedding takes it."""
        values = image * self._factor - self._mean[:, None, None]
        return (values / self._deviation[:, None, None]).astype(np.float32)

    def check(self, image: np.ndarray) -> str | None:
        """What is expected instead of the image's values; None if they are right.

        An image that was brought to 0..1 or normalised before would be rescaled twice.
        """
        low, high = image.min(), image.max()
        if self._rescaled and (low < 0 or high > 255 or 0 < high <= 1):
            return "pixels in 0..255, as preprocessor_config.json rescales them"
        return None
