"""``nn.functional``: what layers do not reach, wrong arguments, warnings, and PyTorch beside it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tscript
import tscript.nn.functional as F

# An expression of F, torch, and x: normal numbers of the shape (2, 4, 6, 6).
EXPRESSIONS = [
    "F.adaptive_avg_pool2d(x, (None, 3))",
    "F.adaptive_max_pool2d(x, (2, 3), return_indices=True)",
    "F.affine_grid(x[:, 0, :2, :3], [2, 3, 4, 5], align_corners=True)",
    "F.avg_pool2d(x, 3, stride=2, padding=1, divisor_override=2)",
    "F.binary_cross_entropy(x.sigmoid(), x.sigmoid(), weight=x[0].abs())",
    "F.bilinear(x, x, torch.ones(3, 6, 6))",
    "F.conv2d(x, x[:, :2], groups=2, padding='valid')",
    "F.cosine_similarity(x, x.flip(0), dim=-1)",
    "F.cross_entropy(x, x.softmax(1), label_smoothing=0.1, reduction='none')",
    "F.cross_entropy(x, x.argmax(1), weight=torch.arange(4.0), ignore_index=2)",
    "F.dropout(x, 0.4)",
    "F.dropout2d(x, 0.4)",
    "F.embedding_bag(torch.arange(6), x[0, 0], torch.tensor([0, 2]), mode='max')",
    "F.fold(F.unfold(x, 2, stride=2), 6, 2, stride=2)",
    "F.gaussian_nll_loss(x, x * 2, x.abs().mean(-1), full=True)",
    "F.gelu(x, approximate='tanh')",
    "F.grid_sample(x, x[:, :, :, :2].tanh(), padding_mode='reflection', align_corners=False)",
    "F.gumbel_softmax(x, tau=0.5, hard=True)",
    "F.huber_loss(x, x * 2, weight=x.abs(), reduction='mean')",
    "F.interpolate(x, size=(3, 8), mode='bilinear', antialias=True)",
    "F.interpolate(x, scale_factor=1.5, mode='area')",
    "F.interpolate(x, scale_factor=(0.7, 1.3), recompute_scale_factor=True)",
    "F.kl_div(x.log_softmax(1), x.softmax(1), reduction='batchmean')",
    "F.l1_loss(x, x * 2, weight=x.abs())",
    "F.layer_norm(x, (6, 6), eps=1e-3)",
    "F.local_response_norm(x, 2)",
    "F.log_softmax(x, 1, dtype=torch.float64)",
    "F.logsigmoid(x)",
    "F.max_pool2d(x, 2, return_indices=True)",
    "F.mse_loss(x, x * 2, weight=x.abs())",
    "F.multilabel_soft_margin_loss(x, x.sigmoid(), reduction='sum')",
    "F.normalize(x, p=1.0, dim=0)",
    "F.one_hot(torch.arange(4) % 3, 5)",
    "F.pad(x, [1, 2], mode='constant', value=3.0)",
    "F.pixel_shuffle(x, 2)",
    "F.prelu(x, torch.arange(4.0))",
    "F.rms_norm(x, [6])",
    "F.scaled_dot_product_attention(x, x, x, is_causal=True)",
    "F.smooth_l1_loss(x, x * 2, beta=0.0)",
    "F.softmin(x, 1)",
    "F.softplus(x, beta=2.0, threshold=1.0)",
    "F.threshold(x, 0.1, 20.0)",
    "F.triplet_margin_loss(x, x.flip(0), x.flip(1), swap=True)",
    "F.triplet_margin_with_distance_loss(x, x.flip(0), x.flip(1), swap=True)",
]


def _flat(value):
    return [part for item in value for part in _flat(item)] if type(value) is tuple else [value]


@pytest.mark.oracle
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_it_gives_what_pytorch_gives(torch, expression: str) -> None:
    values = np.random.default_rng(3).standard_normal((2, 4, 6, 6)).astype(np.float32)
    torch.manual_seed(5)
    tscript.manual_seed(5)
    theirs = {"F": torch.nn.functional, "torch": torch, "x": torch.from_numpy(values.copy())}
    ours = {"F": F, "torch": tscript, "x": tscript.from_numpy(values.copy())}
    want, got = _flat(eval(expression, theirs)), _flat(eval(expression, ours))
    assert len(got) == len(want)
    for mine, other in zip(got, want, strict=True):
        assert str(mine.dtype) == str(other.dtype)
        back = torch.from_numpy(mine.numpy().copy())
        torch.testing.assert_close(back, other, rtol=1e-5, atol=1e-5, equal_nan=True)


def test_every_name_is_there_and_operators_come_when_asked_for() -> None:
    for name in F.__all__:
        assert callable(getattr(F, name)), name
    assert set(F.__all__) <= set(dir(F))
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = F.nope


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: F.dropout(x, 1.5), ValueError, "between 0 and 1, not 1.5"),
        (lambda x: F.dropout1d(x), RuntimeError, r"\(C, L\) or \(N, C, L\)"),
        (lambda x: F.hardtanh(x, 1.0, 0.0), ValueError, "min_val is greater"),
        (lambda x: F.glu(x[0, 0, 0, 0]), RuntimeError, "0-dim tensor has none"),
        (lambda x: F.mse_loss(x, x, reduction="avg"), ValueError, "'none', 'mean' or 'sum'"),
        (lambda x: F.mse_loss(x, x, weight=x[0]), ValueError, "shape of its input"),
        (lambda x: F.binary_cross_entropy(x, x[0]), ValueError, "input is .* target is"),
        (lambda x: F.multi_margin_loss(x, x, p=3), ValueError, "p is 1 or 2"),
        (lambda x: F.triplet_margin_loss(x, x, x, 0.0), ValueError, "margin is positive"),
        (lambda x: F.margin_ranking_loss(x, x[0], x), RuntimeError, "one rank"),
        (lambda x: F.gaussian_nll_loss(x, x, -x.abs()), ValueError, "negative entry"),
        (lambda x: F.gaussian_nll_loss(x, x, x[0, 0].abs()), ValueError, "var is"),
        (lambda x: F.group_norm(x[:1, :1, :1, :1], 1), ValueError, "more than 1 value"),
        (lambda x: F.batch_norm(x, None, None, training=True, eps=0.0), ValueError, "eps"),
        (lambda x: F.instance_norm(x[:, :, :1, :1]), ValueError, "more than 1 position"),
        (lambda x: F.local_response_norm(x[0, 0], 2), ValueError, "3 or more"),
        (lambda x: F.interpolate(x), ValueError, "size or scale_factor"),
        (lambda x: F.interpolate(x, 3, 2.0), ValueError, "not both"),
        (lambda x: F.interpolate(x, (3, 3, 3)), ValueError, "2 dimension"),
        (lambda x: F.interpolate(x, 3, mode="linear"), NotImplementedError, "4 dimensions"),
        (lambda x: F.interpolate(x, 3, align_corners=True), ValueError, "means nothing"),
        (lambda x: F.grid_sample(x, x, "cubic"), ValueError, "bilinear, nearest or bicubic"),
        (lambda x: F.affine_grid(x, [1, 1, 2, 2], False), ValueError, r"theta is \(N, 2, 3\)"),
        (lambda x: F.max_unpool2d(x, x.long(), 2, output_size=[5, 99]), ValueError, "between"),
        (lambda x: F.fractional_max_pool2d(x, 2), ValueError, "output_size or output_ratio"),
        (lambda x: F.embedding_bag(x, x[0, 0]), ValueError, "1 or 2 dimensions, not 4"),
        (lambda x: F.embedding(x.long(), x[0, 0], 9), AssertionError, "no row of 6"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, error, match: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=match):
            call(tscript.ones(2, 4, 6, 6))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda x: F.softmax(x), "pass dim"),
        (lambda x: F.mse_loss(x, x[0]), "are broadcast"),
        (lambda x: F.mse_loss(x, x, size_average=False), "reduction='sum'"),
        (lambda x: F.kl_div(x, x), "batchmean"),
        (lambda x: F.grid_sample(x, x[..., :2]), "align_corners is False"),
        (lambda x: F.upsample(x, scale_factor=2.0), "is interpolate"),
        (lambda x: F.dropout2d(x[0]), "dropout1d says so"),
    ],
)
def test_what_is_seldom_meant_gives_a_warning(call, match: str) -> None:
    with pytest.warns(UserWarning, match=match):
        call(tscript.ones(2, 4, 6, 6))
