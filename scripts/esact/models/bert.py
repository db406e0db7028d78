"""BERT and RoBERTa: post-LN encoders, embeddings with token types and a layer norm."""

from pathlib import Path

import numpy as np

from esact.models.config import Config
from esact.models.kinds import MAX_ROWS, TextModel
from esact.models.tensors import Tensors, read_layer
from esact.transformer import FloatModel, layer_norm

_SHAPE = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "o": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "1": "intermediate.dense",
    "2": "output.dense",
    "norm2": "output.LayerNorm",
}


def read(folder: Path, name: str, config: Config) -> TextModel:
    """The BERT or RoBERTa in a folder."""
    kind = config.choice("model_type", ("bert", "roberta"))
    config.expect("position_embedding_type", "absolute")
    config.expect("is_decoder", False)
    shape = config.shape(name, _SHAPE)
    width = shape.width
    epsilon = config.positive("layer_norm_eps", 1e-12)
    tensors = Tensors(folder, f"{kind}.")
    vocabulary, rows, kinds = (config.integer(key, MAX_ROWS) for key in
                               ("vocab_size", "max_position_embeddings", "type_vocab_size"))
    words = tensors.take("embeddings.word_embeddings.weight", vocabulary, width)
    places = tensors.take("embeddings.position_embeddings.weight", rows, width)
    types = tensors.take("embeddings.token_type_embeddings.weight", kinds, width)
    gamma, beta = tensors.norm("embeddings.LayerNorm", width)
    layers = [read_layer(tensors, f"encoder.layer.{n}.", _PARTS, shape)
              for n in range(shape.layers)]
    tensors.finish(("embeddings.", "encoder."), ("embeddings.position_ids",
                                                 "embeddings.token_type_ids"))

    # RoBERTa counts positions from its padding token's number on, and not at padding.
    padding = config.integer("pad_token_id", rows - 2, 1, 0) if kind == "roberta" else None

    def positions(tokens):
        if padding is None:
            return np.arange(len(tokens))
        real = tokens != padding
        return np.cumsum(real) * real + padding

    def embeddings(tokens):
        total = words[tokens] + places[positions(tokens)] + types[0]
        return layer_norm(total, gamma, beta, epsilon)

    model = FloatModel(shape, layers, config.activation("hidden_act", "gelu"), epsilon)
    most = rows if padding is None else rows - padding - 1
    return TextModel(model, folder / "tokenizer.json", vocabulary, most, embeddings)
