"""What a model folder gives: the float model, and how texts or images become its input."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from esact.errors import InputError
from esact.transformer import FloatModel

MAX_TOKENS = 1024
MAX_ROWS = 2**20


@dataclass
class TextModel:
    """A model that reads texts.

    `embeddings` takes token numbers `[L]` to the first layer's input, float32 `[L, D]`.
    `positions`: the most tokens it is made for. The tokenizer is read when it is first used.
    """

    model: FloatModel
    tokenizer_path: Path
    vocabulary: int
    positions: int
    embeddings: Callable[[np.ndarray], np.ndarray]

    def tokenize(self, text: str, max_tokens: int | None = None) -> list[int]:
        """Token numbers of a text, special ones included, cut to `max_tokens` and `positions`."""
        limit = min(max_tokens or self.positions, self.positions, MAX_TOKENS)
        special = self._tokenizer.num_special_tokens_to_add(False)
        if limit <= special:
            raise InputError.value("--max-tokens", "argument", limit,
                                   f"more than the {special} special tokens")
        self._tokenizer.enable_truncation(limit)
        tokens = self._tokenizer.encode(text).ids
        if not tokens:
            raise InputError(f"{self.tokenizer_path}: the text {text!r} has no tokens, "
                             "expected at least one")
        if max(tokens) >= self.vocabulary:
            raise InputError.value(self.tokenizer_path, f"token of {text[:40]!r}", max(tokens),
                                   f"below the model's {self.vocabulary} embeddings")
        return tokens

    def embed(self, tokens: list[int]) -> np.ndarray:
        """The first layer's input of tokens from `tokenize`."""
        return self.embeddings(np.array(tokens))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        if not self.tokenizer_path.is_file():
            raise InputError(f"{self.tokenizer_path}: no such file")
        try:
            tokenizer = Tokenizer.from_file(str(self.tokenizer_path))
        except Exception as error:  # the library raises nothing more specific
            raise InputError(f"{self.tokenizer_path}: not a tokenizer ({error})") from None
        tokenizer.no_padding()
        return tokenizer


@dataclass
class ImageModel:
    """A model that reads images: float32 `[channels, height, width]`, the shape in `size`.

    `embed` takes one to the first layer's input, float32 `[L, D]`; `check` says what is wrong with
    its values, or None.
    """

    model: FloatModel
    size: tuple[int, int, int]
    embed: Callable[[np.ndarray], np.ndarray]
    check: Callable[[np.ndarray], str | None]


Model = TextModel | ImageModel
