"""DistilBERT: BERT under other names, without token types."""

from pathlib import Path

from esact.models.config import Config
from esact.models.kinds import MAX_ROWS, TextModel
from esact.models.tensors import Tensors, read_layer
from esact.transformer import FloatModel, layer_norm

_SHAPE = ("n_layers", "dim", "n_heads", "hidden_dim")
_EPSILON = 1e-12
_PARTS = {
    "q": "attention.q_lin",
    "k": "attention.k_lin",
    "v": "attention.v_lin",
    "o": "attention.out_lin",
    "norm1": "sa_layer_norm",
    "1": "ffn.lin1",
    "2": "ffn.lin2",
    "norm2": "output_layer_norm",
}


def read(folder: Path, name: str, config: Config) -> TextModel:
    """The DistilBERT in a folder."""
    shape = config.shape(name, _SHAPE)
    width = shape.width
    tensors = Tensors(folder, "distilbert.")
    vocabulary, rows = (config.integer(key, MAX_ROWS) for key in
                        ("vocab_size", "max_position_embeddings"))
    words = tensors.take("embeddings.word_embeddings.weight", vocabulary, width)
    places = tensors.take("embeddings.position_embeddings.weight", rows, width)
    gamma, beta = tensors.norm("embeddings.LayerNorm", width)
    layers = [read_layer(tensors, f"transformer.layer.{n}.", _PARTS, shape)
              for n in range(shape.layers)]
    tensors.finish(("embeddings.", "transformer."), ("embeddings.position_ids",))

    def embeddings(tokens):
        return layer_norm(words[tokens] + places[:len(tokens)], gamma, beta, _EPSILON)

    model = FloatModel(shape, layers, config.activation("activation", "gelu"), _EPSILON)
    return TextModel(model, folder / "tokenizer.json", vocabulary, rows, embeddings)
