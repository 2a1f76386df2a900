"""Functions of ``torch.nn.functional`` that are an operator under its public name.

A call of one is that operator's node, in eager code, traces and scripts alike.
"""

from __future__ import annotations

#: Name in ``torch.nn.functional`` -> name of the operator in the namespace ``aten``.
OPERATORS: dict[str, str] = {
    # activation
    "celu_": "celu_",
    "elu_": "elu_",
    "gelu": "gelu",
    "hardshrink": "hardshrink",
    "hardtanh_": "hardtanh_",
    "leaky_relu_": "leaky_relu_",
    "logsigmoid": "log_sigmoid",
    "prelu": "prelu",
    "relu_": "relu_",
    "rrelu_": "rrelu_",
    "selu_": "selu_",
    "softplus": "softplus",
    "softshrink": "softshrink",
    "threshold_": "threshold_",
    # linear maps
    "bilinear": "bilinear",
    "linear": "linear",
    "conv1d": "conv1d",
    "conv2d": "conv2d",
    "conv3d": "conv3d",
    "conv_tbc": "conv_tbc",
    "conv_transpose1d": "conv_transpose1d",
    "conv_transpose2d": "conv_transpose2d",
    "conv_transpose3d": "conv_transpose3d",
    # pooling
    "avg_pool1d": "avg_pool1d",
    "avg_pool2d": "avg_pool2d",
    "avg_pool3d": "avg_pool3d",
    "adaptive_avg_pool1d": "adaptive_avg_pool1d",
    # distance
    "cosine_similarity": "cosine_similarity",
    "pairwise_distance": "pairwise_distance",
    "pdist": "pdist",
    # rearranging
    "channel_shuffle": "channel_shuffle",
    "native_channel_shuffle": "native_channel_shuffle",
    "one_hot": "one_hot",
    "pixel_shuffle": "pixel_shuffle",
    "pixel_unshuffle": "pixel_unshuffle",
    # attention
    "scaled_dot_product_attention": "scaled_dot_product_attention",
}
