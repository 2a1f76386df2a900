"""The built-in operators, one module a family.

``_index.py`` is generated (``python -m ops_registry.builtin.generate_index``) and says which
family has which schema, so that a family is imported when one of its operators first runs.
"""

from __future__ import annotations

#: Every family, in the order in which overloads of one name are tried: tensors first, then
#: scalars, strings and containers.
BUILTIN_FAMILIES: tuple[str, ...] = (
    "elementwise",
    "division",
    "power",
    "bounds",
    "comparison",
    "pointwise_math",
    "number_parts",
    "special",
    "polynomials",
    "bitwise",
    "filling",
    "reduction",
    "extremes",
    "statistics",
    "cumulative",
    "sorting",
    "searching",
    "products",
    "matrices",
    "einsum",
    "linalg",
    "decompositions",
    "matrix_norms",
    "views",
    "dimension_order",
    "slicing",
    "complex_numbers",
    "splitting",
    "joining",
    "shape",
    "indexing",
    "scatter",
    "creation",
    "sequences",
    "windows",
    "spectral",
    "copies",
    "activation",
    "convolution",
    "folding",
    "pooling",
    "fractional_pooling",
    "normalization",
    "loss",
    "embedding",
    "ctc",
    "distance",
    "padding",
    "upsampling",
    "vision",
    "detection",
    "quantization",
    "dropout",
    "attention",
    "transformer",
    "packing",
    "recurrent",
    "random",
    "random_fills",
    "random_choices",
    "conversion",
    "container",
    "string",
    "scalar",
)

#: The namespaces that the built-in families own.
NAMESPACES = frozenset({"aten", "prim", "prims", "quantized", "torchvision", "inductor"})
