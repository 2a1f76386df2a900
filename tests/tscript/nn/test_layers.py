"""Every layer: scripted and traced it gives what it gives in Python; and all of it is PyTorch's.

Each case is a constructor and its inputs, written once and evaluated in both: printed form, weights
of a seed, names of the state, outputs, and how many random numbers were drawn.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import tscript
from tscript import nn

# constructor, inputs
CASES = [
    ("Linear(3,2)", "torch.randn(4,3)"),
    ("Linear(3,2,bias=False)", "torch.randn(3)"),
    ("Bilinear(3,2,4)", "torch.randn(4,3),torch.randn(4,2)"),
    ("Identity(3)", "torch.randn(4)"),
    ("Conv1d(2,4,3)", "torch.randn(1,2,8)"),
    ("Conv2d(2,4,3,padding=1,stride=2)", "torch.randn(1,2,8,8)"),
    ('Conv2d(2,4,(3,5),padding="same",dilation=2,bias=False)', "torch.randn(2,2,8,8)"),
    ('Conv2d(2,4,3,padding=1,padding_mode="reflect",groups=2)', "torch.randn(1,2,8,8)"),
    ('Conv2d(2,4,3,padding="same",padding_mode="circular")', "torch.randn(1,2,8,8)"),
    ("Conv3d(2,4,3)", "torch.randn(1,2,4,4,4)"),
    ("ConvTranspose1d(2,4,3,stride=2,output_padding=1)", "torch.randn(1,2,8)"),
    ("ConvTranspose2d(2,4,3,stride=2)", "torch.randn(1,2,8,8)"),
    ("ConvTranspose3d(2,4,3)", "torch.randn(1,2,4,4,4)"),
    ("BatchNorm1d(3)", "torch.randn(4,3)"),
    ("BatchNorm2d(3)", "torch.randn(4,3,2,2)"),
    ("BatchNorm2d(3,momentum=None)", "torch.randn(4,3,2,2)"),
    ("BatchNorm2d(3,affine=False,track_running_stats=False)", "torch.randn(4,3,2,2)"),
    ("BatchNorm3d(3)", "torch.randn(4,3,2,2,2)"),
    ("InstanceNorm1d(3)", "torch.randn(4,3,5)"),
    ("InstanceNorm2d(3,affine=True,track_running_stats=True)", "torch.randn(4,3,5,5)"),
    ("InstanceNorm3d(3)", "torch.randn(3,5,5,5)"),
    ("LayerNorm(8)", "torch.randn(4,8)"),
    ("LayerNorm([2,3],bias=False)", "torch.randn(4,2,3)"),
    ("GroupNorm(2,4)", "torch.randn(4,4,3)"),
    ("RMSNorm(8)", "torch.randn(4,8)"),
    ("LocalResponseNorm(3)", "torch.randn(2,4,5,5)"),
    ("Embedding(10,3,padding_idx=-1)", "torch.randint(0,10,(2,4))"),
    ("Embedding(10,3,max_norm=1.0)", "torch.randint(0,10,(2,4))"),
    ('EmbeddingBag(10,3,mode="sum")', "torch.randint(0,10,(2,4))"),
    ("Dropout(0.3)", "torch.randn(4,4)"),
    ("Dropout1d()", "torch.randn(4,4,3)"),
    ("Dropout2d()", "torch.randn(4,4,3,3)"),
    ("Dropout3d()", "torch.randn(4,4,3,3,3)"),
    ("AlphaDropout()", "torch.randn(4,4)"),
    ("FeatureAlphaDropout()", "torch.randn(4,4,2)"),
    ("MaxPool1d(2)", "torch.randn(1,2,8)"),
    ("MaxPool2d(2)", "torch.randn(1,2,8,8)"),
    ("MaxPool2d(3,stride=2,padding=1,ceil_mode=True)", "torch.randn(1,2,8,8)"),
    ("MaxPool2d((2,3),return_indices=True)", "torch.randn(1,2,8,8)"),
    ("MaxPool3d(2)", "torch.randn(1,2,4,4,4)"),
    ("MaxUnpool2d(2)", "torch.randn(1,2,4,4),torch.arange(16).view(1,1,4,4).expand(1,2,4,4)"),
    ("AvgPool1d(2)", "torch.randn(1,2,8)"),
    ("AvgPool2d(2,padding=1,count_include_pad=False)", "torch.randn(1,2,8,8)"),
    ("AvgPool3d(2)", "torch.randn(1,2,4,4,4)"),
    ("FractionalMaxPool2d(3,output_ratio=(0.5,0.6))", "torch.randn(1,2,8,8)"),
    ("FractionalMaxPool3d(2,output_size=2)", "torch.randn(1,2,8,8,8)"),
    ("LPPool1d(2,3)", "torch.randn(1,2,8)"),
    ("LPPool2d(2,3,stride=2)", "torch.randn(1,2,8,8)"),
    ("LPPool3d(2.0,2)", "torch.rand(1,2,4,4,4)"),
    ("AdaptiveMaxPool1d(3)", "torch.randn(1,2,8)"),
    ("AdaptiveMaxPool2d((3,4))", "torch.randn(1,2,8,8)"),
    ("AdaptiveMaxPool3d(2)", "torch.randn(1,2,4,4,4)"),
    ("AdaptiveAvgPool1d(3)", "torch.randn(1,2,8)"),
    ("AdaptiveAvgPool2d((1,1))", "torch.randn(1,2,8,8)"),
    ("AdaptiveAvgPool3d(2)", "torch.randn(1,2,4,4,4)"),
    ("Flatten()", "torch.randn(2,3,4)"),
    ("Unflatten(1,(2,2))", "torch.randn(2,4)"),
    ("ReflectionPad2d((1,2,0,1))", "torch.randn(1,2,4,4)"),
    ("ReplicationPad1d(2)", "torch.randn(1,2,4)"),
    ("CircularPad2d(1)", "torch.randn(1,2,4,4)"),
    ("ConstantPad2d(1,2.5)", "torch.randn(1,2,4,4)"),
    ("ZeroPad3d(1)", "torch.randn(1,2,4,4,4)"),
    ("PixelShuffle(2)", "torch.randn(1,4,2,2)"),
    ("PixelUnshuffle(2)", "torch.randn(1,4,2,2)"),
    ("ChannelShuffle(2)", "torch.randn(1,4,2,2)"),
    ("PairwiseDistance()", "torch.randn(4,3),torch.randn(4,3)"),
    ("CosineSimilarity()", "torch.randn(4,3),torch.randn(4,3)"),
    ("Fold(4,2)", "torch.randn(1,8,9)"),
    ("Unfold((2,3))", "torch.randn(1,2,4,5)"),
    ("Upsample(scale_factor=2)", "torch.randn(1,2,4,4)"),
    ('Upsample(scale_factor=(2.0,3.0),mode="bilinear")', "torch.randn(1,2,4,4)"),
    ('Upsample(size=(5,6),mode="bicubic",align_corners=True)', "torch.randn(1,2,4,4)"),
    ("UpsamplingNearest2d(scale_factor=2)", "torch.randn(1,2,4,4)"),
    ("UpsamplingBilinear2d(size=7)", "torch.randn(1,2,4,4)"),
    ("RNN(3,4)", "torch.randn(5,2,3)"),
    ('RNN(3,4,2,"relu",batch_first=True,bidirectional=True)', "torch.randn(5,2,3)"),
    ("LSTM(3,4)", "torch.randn(5,2,3)"),
    ("LSTM(3,4,2,dropout=0.5,proj_size=2,bidirectional=True)", "torch.randn(5,2,3)"),
    ("LSTM(3,4,bias=False)", "torch.randn(5,3)"),
    ("GRU(3,4,2,batch_first=True)", "torch.randn(5,2,3)"),
    ("RNNCell(3,4)", "torch.randn(2,3)"),
    ('RNNCell(3,4,nonlinearity="relu",bias=False)', "torch.randn(2,3)"),
    ("LSTMCell(3,4)", "torch.randn(2,3),(torch.randn(2,4),torch.randn(2,4))"),
    ("LSTMCell(3,4)", "torch.randn(3)"),
    ("GRUCell(3,4)", "torch.randn(2,3),torch.randn(2,4)"),
    ("Threshold(0.1,20.0)", "torch.randn(4)"),
    ("ReLU()", "torch.randn(4)"),
    ("ReLU(inplace=True)", "torch.randn(4)"),
    ("RReLU()", "torch.randn(4)"),
    ("Hardtanh(-2.0,2.0)", "torch.randn(4)"),
    ("ReLU6()", "torch.randn(4)*9"),
    ("Sigmoid()", "torch.randn(4)"),
    ("Hardsigmoid()", "torch.randn(4)"),
    ("Tanh()", "torch.randn(4)"),
    ("SiLU()", "torch.randn(4)"),
    ("Mish()", "torch.randn(4)"),
    ("Hardswish()", "torch.randn(4)"),
    ("ELU()", "torch.randn(4)"),
    ("CELU()", "torch.randn(4)"),
    ("SELU()", "torch.randn(4)"),
    ("GLU()", "torch.randn(4)"),
    ("GELU()", "torch.randn(4)"),
    ('GELU(approximate="tanh")', "torch.randn(4)"),
    ("Hardshrink()", "torch.randn(4)"),
    ("LeakyReLU(0.2)", "torch.randn(4)"),
    ("LogSigmoid()", "torch.randn(4)"),
    ("Softplus()", "torch.randn(4)"),
    ("Softshrink()", "torch.randn(4)"),
    ("PReLU(3)", "torch.randn(4,3)"),
    ("Softsign()", "torch.randn(4)"),
    ("Tanhshrink()", "torch.randn(4)"),
    ("Softmin(dim=1)", "torch.randn(4,3)"),
    ("Softmax(dim=1)", "torch.randn(4,3)"),
    ("LogSoftmax(dim=-1)", "torch.randn(4,3)"),
    ("Softmax2d()", "torch.randn(4,3,2,2)"),
    ("L1Loss()", "torch.randn(4),torch.randn(4)"),
    ('MSELoss(reduction="sum")', "torch.randn(4),torch.randn(4)"),
    ("NLLLoss()", "torch.randn(4,3),torch.tensor([0,1,2,1])"),
    ("CrossEntropyLoss(label_smoothing=0.1)", "torch.randn(4,3),torch.tensor([0,1,2,1])"),
    ("PoissonNLLLoss()", "torch.randn(4),torch.rand(4)"),
    ("GaussianNLLLoss()", "torch.randn(4),torch.rand(4),torch.rand(4)"),
    ('KLDivLoss(reduction="batchmean")', "torch.randn(4,3),torch.rand(4,3)"),
    ("BCELoss()", "torch.rand(4),torch.rand(4)"),
    ("BCEWithLogitsLoss(pos_weight=None)", "torch.randn(4),torch.rand(4)"),
    ("HingeEmbeddingLoss()", "torch.randn(4),torch.tensor([1.,-1,1,-1])"),
    ("MultiLabelMarginLoss()", "torch.randn(2,4),torch.tensor([[3,0,-1,1],[1,-1,0,0]])"),
    ("SmoothL1Loss()", "torch.randn(4),torch.randn(4)"),
    ("HuberLoss()", "torch.randn(4),torch.randn(4)"),
    ("SoftMarginLoss()", "torch.randn(4),torch.tensor([1.,-1,1,-1])"),
    ("MultiLabelSoftMarginLoss()", "torch.randn(4,3),torch.rand(4,3)"),
    ("CosineEmbeddingLoss()", "torch.randn(4,3),torch.randn(4,3),torch.tensor([1.,-1,1,-1])"),
    ("MarginRankingLoss()", "torch.randn(4),torch.randn(4),torch.tensor([1.,-1,1,-1])"),
    ("MultiMarginLoss()", "torch.randn(4,3),torch.tensor([0,1,2,1])"),
    ("TripletMarginLoss()", "torch.randn(4,3),torch.randn(4,3),torch.randn(4,3)"),
    (
        "CTCLoss()",
        "torch.randn(10,2,5).log_softmax(2),torch.randint(1,5,(2,3)),torch.tensor([10,10]),torch.tensor([3,3])",
    ),
    ("MultiheadAttention(8,2)", "torch.randn(5,2,8),torch.randn(6,2,8),torch.randn(6,2,8)"),
    (
        "MultiheadAttention(8,2,batch_first=True,bias=False)",
        "torch.randn(2,5,8),torch.randn(2,6,8),torch.randn(2,6,8),torch.tensor([[False]*4+[True]*2]*2)",
    ),
    (
        "MultiheadAttention(8,2,add_bias_kv=True,add_zero_attn=True)",
        "torch.randn(5,2,8),torch.randn(6,2,8),torch.randn(6,2,8),torch.tensor([[False]*4+[True]*2]*2),True,torch.ones(5,6,dtype=torch.bool).triu(1)",
    ),
    (
        "MultiheadAttention(8,2,kdim=3,vdim=4)",
        "torch.randn(5,2,8),torch.randn(6,2,3),torch.randn(6,2,4),None,False",
    ),
    (
        "MultiheadAttention(8,2)",
        'torch.randn(5,8),torch.randn(6,8),torch.randn(6,8),None,False,torch.zeros(5,6).masked_fill(torch.ones(5,6).triu(1)>0,float("-inf")),True,True',
    ),
    ("TransformerEncoderLayer(8,2,16,dropout=0.2)", "torch.randn(5,2,8)"),
    (
        'TransformerEncoderLayer(8,2,16,norm_first=True,activation="gelu",bias=False)',
        "torch.randn(5,2,8)",
    ),
    ("TransformerDecoderLayer(8,2,16)", "torch.randn(5,2,8),torch.randn(6,2,8)"),
    (
        "TransformerDecoderLayer(8,2,16,norm_first=True,batch_first=True)",
        "torch.randn(2,5,8),torch.randn(2,6,8)",
    ),
    (
        "TransformerEncoder(nn.TransformerEncoderLayer(8,2,16),2,enable_nested_tensor=False)",
        "torch.randn(5,2,8)",
    ),
    (
        "TransformerDecoder(nn.TransformerDecoderLayer(8,2,16),2,nn.LayerNorm(8))",
        "torch.randn(5,2,8),torch.randn(6,2,8)",
    ),
    ("Transformer(8,2,1,2,16)", "torch.randn(5,2,8),torch.randn(6,2,8)"),
]

# PyTorch differs from itself by as much between processors
NORMAL = 4e-6


def _flat(value):
    if isinstance(value, tuple | list):
        return [item for part in value for item in _flat(part)]
    return [value]


def _ours(value):
    """A value of PyTorch's as ours."""
    if isinstance(value, tuple):
        return tuple(_ours(part) for part in value)
    return tscript.from_numpy(value.numpy().copy()) if hasattr(value, "numpy") else value


def _theirs(torch, value):
    """A value of ours as PyTorch's."""
    if isinstance(value, tuple):
        return tuple(_theirs(torch, part) for part in value)
    return torch.from_numpy(value.numpy().copy()) if isinstance(value, tscript.Tensor) else value


def _assert_close(torch, actual, expected) -> None:
    assert len(actual) == len(expected)
    for ours, theirs in zip(actual, expected, strict=True):
        if theirs is None:
            assert ours is None
            continue
        assert str(ours.dtype) == str(theirs.dtype) and tuple(ours.shape) == tuple(theirs.shape)
        got = torch.from_numpy(ours.detach().numpy().copy())
        torch.testing.assert_close(got, theirs.detach(), rtol=1e-4, atol=1e-5, equal_nan=True)


every_layer = pytest.mark.parametrize(
    ("constructor", "inputs"), CASES, ids=[f"{c}-{i}" for c, i in CASES]
)


def _copied(value):
    if isinstance(value, tuple):
        return tuple(_copied(part) for part in value)
    return value.clone() if isinstance(value, tscript.Tensor) else value


def _assert_same(actual, expected) -> None:
    assert len(actual) == len(expected)
    for got, want in zip(actual, expected, strict=True):
        if want is None:
            assert got is None
            continue
        assert got.dtype is want.dtype and got.shape == want.shape
        assert np.array_equal(got.detach().numpy(), want.detach().numpy(), equal_nan=True)


def _layer(constructor: str, inputs: str):
    tscript.manual_seed(0)
    layer = eval(f"nn.{constructor}", {"nn": nn, "torch": tscript})
    return layer, eval(f"({inputs},)", {"torch": tscript})


@every_layer
def test_a_scripted_layer_is_the_layer(constructor: str, inputs: str) -> None:
    layer, arguments = _layer(constructor, inputs)
    scripted = tscript.jit.script(layer)
    for mode in (False, True):
        eager = copy.deepcopy(layer).train(mode)
        scripted.train(mode)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tscript.manual_seed(1)
            want = _flat(eager(*_copied(arguments)))
            tscript.manual_seed(1)
            got = _flat(scripted(*_copied(arguments)))
        _assert_same(got, want)


@every_layer
def test_a_traced_layer_is_the_layer(constructor: str, inputs: str) -> None:
    layer, arguments = _layer(constructor, inputs)
    if not all(isinstance(value, tscript.Tensor) for value in arguments):
        # a trace takes tensors; these calls also pass flags, which scripts do
        arguments = tuple(v for v in arguments if isinstance(v, tscript.Tensor))[:3]
    layer.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tscript.manual_seed(1)
        want = _flat(layer(*_copied(arguments)))
        tscript.manual_seed(1)
        traced = tscript.jit.trace(layer, _copied(arguments), check_trace=False)
        tscript.manual_seed(1)
        got = _flat(traced(*_copied(arguments)))
    _assert_same(got, want)


@pytest.mark.oracle
@every_layer
def test_a_layer_is_pytorchs(torch, constructor: str, inputs: str) -> None:
    tscript.manual_seed(3)
    ours = eval(f"nn.{constructor}", {"nn": nn, "torch": tscript})
    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which of its fast paths a Transformer cannot take
        theirs = eval(f"nn.{constructor}", {"nn": torch.nn, "torch": torch})
    assert repr(ours) == repr(theirs)

    state, expected = ours.state_dict(), theirs.state_dict()
    assert list(state) == list(expected)
    normal = "Embedding" in constructor or "add_bias_kv" in constructor
    for name, value in expected.items():
        got = torch.from_numpy(state[name].numpy().copy())
        torch.testing.assert_close(got, value, rtol=0, atol=NORMAL if normal else 0)

    torch.manual_seed(11)
    arguments = eval(f"({inputs},)", {"torch": torch})
    for mode in (False, True):
        ours.train(mode)
        theirs.train(mode)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(5)
            want = _flat(theirs(*(a.clone() if hasattr(a, "clone") else a for a in arguments)))
            tscript.manual_seed(5)
            got = _flat(ours(*_ours(tuple(arguments))))
        _assert_close(torch, got, want)
    assert tscript.get_rng_state().tolist() == torch.get_rng_state().tolist()
    _assert_close(torch, list(ours.state_dict().values()), list(theirs.state_dict().values()))


@pytest.mark.oracle
@every_layer
def test_a_saved_layer_runs_in_pytorch_and_here(
    torch, tmp_path, constructor: str, inputs: str
) -> None:
    layer, arguments = _layer(constructor, inputs)
    scripted = tscript.jit.script(layer.eval())
    path = str(tmp_path / "layer.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tscript.jit.save(scripted, path)
        theirs, again = torch.jit.load(path), tscript.jit.load(path)
        tscript.manual_seed(1)
        want = _flat(scripted(*_copied(arguments)))
        tscript.manual_seed(1)
        _assert_same(_flat(again(*_copied(arguments))), want)
        torch.manual_seed(1)
        _assert_close(torch, want, _flat(theirs(*_theirs(torch, arguments))))


@pytest.mark.oracle
def test_their_state_loads_into_ours(torch) -> None:
    theirs = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    ours = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    state = {name: _ours(value.detach()) for name, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    x = torch.randn(2, 2, 5, 5)
    _assert_close(torch, [ours.eval()(_ours(x))], [theirs.eval()(x)])


def test_an_encoder_leaves_out_padding_where_pytorch_does() -> None:
    tscript.manual_seed(0)
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 1).eval()
    x = tscript.rand(2, 3, 4)
    padding = tscript.tensor([[False, False, True], [False, True, True]])
    with tscript.no_grad():
        result = encoder(x, src_key_padding_mask=padding)
        assert tscript.equal((result == 0).all(-1), padding)
        assert tscript.equal(tscript.jit.script(encoder)(x, src_key_padding_mask=padding), result)
        # padding that is not at the end is computed, as it is with gradients
        unaligned = encoder(x, src_key_padding_mask=padding.flip(1))
    assert not (unaligned == 0).any()
    assert not (encoder(x, src_key_padding_mask=padding) == 0).any()
