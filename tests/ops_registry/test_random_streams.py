"""Random operators give PyTorch's numbers after one seed, and leave the stream where it does.

`python -m tests.ops_registry.test_random_streams` (with PyTorch) records the numbers anew.
PyTorch draws Bernoulli variables differently on processors made by Intel, where it uses MKL's
generator; the recorded numbers are those of all others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ops_registry import dtypes
from ops_registry.generator import default_generator
from ops_registry.operator import Operator, fill_defaults
from ops_registry.registry import registry
from ops_registry.samples import Sample, tensor

GOLDEN = Path(__file__).parents[1] / "data" / "random_streams.json"
SEED = 2026

#: Through a logarithm or a cosine: within the rounding of those. All others are bit for bit.
ROUNDED = {
    "randn", "randn_like", "normal_", "normal_functional", "normal", "exponential_", "exponential",
    "cauchy_", "cauchy", "log_normal_", "log_normal",
}  # fmt: skip
#: What a normal number may be off by; the others are relative to their size.
TOLERANCE = {"float64": 1e-13, "float32": 4e-6, "float16": 4e-3, "bfloat16": 4e-2}


#: Operators of other families draw through these, and only where their records say so.
FAMILIES = {"random", "random_fills", "random_choices", "dropout", "activation"}


def records() -> list[Operator]:
    found = [op for op in registry() if op.random and op.kind == "kernel" and op.samples]
    return [op for op in found if op.derivation is None and op.family in FAMILIES]


def more_samples() -> dict[str, list[Sample]]:
    """Where the algorithm changes: sizes around 16, ranges around 2**28, long permutations."""
    f16, f64 = dtypes.float16.code, dtypes.float64.code
    sizes = [1, 15, 16, 17, 31, 32, 100]
    return {
        "aten::rand": [Sample([n], dtype=d) for n in (7, 100) for d in (None, f16, f64)],
        "aten::randn": [Sample([n], dtype=d) for n in sizes for d in (None, f16, f64)],
        "aten::uniform_": [Sample(tensor(50), 1 / 3, 7 / 11), Sample(tensor(50), -0.1, 1e4)],
        "aten::normal_": [Sample(tensor(6, 8).T, 1.0, 0.5), Sample(tensor(64)[::2], 1.0, 0.5)],
        "aten::randint": [Sample(high, [9]) for high in (2**28 - 1, 2**28, 2**32, 2**62)],
        "aten::randint.low": [Sample(-(2**63), 2**63 - 1, [5])],
        "aten::randperm": [Sample(n) for n in (2, 255, 256, 300)],
        "aten::dropout": [Sample(tensor(10, 12), 0.5, True)],
        "aten::multinomial": [Sample(tensor(3, 40, low=0), 30, True)],
    }


def calls() -> Iterator[tuple[str, Operator, Sample]]:
    more = more_samples()
    for operator in records():
        samples = [*operator.samples(), *more.get(operator.full_name, [])]
        for number, sample in enumerate(samples):
            yield f"{operator.full_name} {number}", operator, sample


def duplicate(value: Any) -> Any:
    """A copy with the same strides."""
    if not isinstance(value, np.ndarray):
        return value
    if value.flags.forc or not value.size:
        return value.copy("K")
    # A slice: what surrounds it must be there for it to be one.
    return value.base.copy()[::2]


def ours(run: Callable[..., Any], operator: Operator, sample: Sample) -> list[np.ndarray]:
    args = [duplicate(value) for value in sample.args]
    kwargs = {name: duplicate(value) for name, value in sample.kwargs.items()}
    result = run(operator, fill_defaults(operator.schema, args, kwargs))
    return list(result) if isinstance(result, tuple) else [result]


def real(torch: Any, operator: Operator, sample: Sample) -> list[Any]:
    def convert(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        if value.dtype.char == "E":  # bfloat16
            return torch.from_numpy(value.astype(np.float32)).bfloat16()
        copied = duplicate(value)
        return (
            torch.from_numpy(copied.base)[::2]
            if copied.base is not None
            else (torch.from_numpy(copied))
        )

    args = [convert(value) for value in sample.args]
    kwargs = {name: convert(value) for name, value in sample.kwargs.items()}
    overload = operator.overload or "default"
    function = getattr(getattr(torch.ops.aten, operator.schema.base_name), overload)
    result = function(*args, **kwargs)
    return list(result) if isinstance(result, tuple) else [result]


def plain(torch: Any, tensor: Any) -> np.ndarray:
    return tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy()


def numbers(array: np.ndarray) -> list[Any]:
    flat = array.reshape(-1)
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    if flat.dtype.kind not in "iub":
        flat = flat.astype(np.float64)
    return flat.tolist()


def assert_same(operator: Operator, array: np.ndarray, expected: np.ndarray, where: str) -> None:
    if operator.schema.base_name not in ROUNDED:
        np.testing.assert_array_equal(array, expected, err_msg=where)
        return
    name = dtypes.from_numpy(array.dtype).to_real().name
    bound = TOLERANCE[name]
    relative = bound if "normal" not in operator.schema.base_name or "log" in where else 0
    np.testing.assert_allclose(
        np.asarray(numbers(array)), np.asarray(numbers(expected)), rtol=relative, atol=bound,
        err_msg=where,
    )  # fmt: skip


def digest(state: np.ndarray) -> str:
    """What there is to know of a state, but for a cached normal number's last bits."""
    return hashlib.sha256(state[: 5056 - 48].tobytes()).hexdigest()[:16]


def test_numbers_and_states_are_the_recorded_ones(run: Callable[..., Any]) -> None:
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))
    seen = set()
    for where, operator, sample in calls():
        assert where in recorded, f"{where} is new: record the numbers anew (see the top)"
        expected = recorded[where]
        default_generator().manual_seed(SEED)
        results = ours(run, operator, sample)
        assert digest(default_generator().state_bytes()) == expected["state"], where
        for array, values in zip(results, expected["values"], strict=True):
            assert_same(operator, np.asarray(numbers(array)).astype(array.real.dtype),
                        np.asarray(values).astype(array.real.dtype), where)  # fmt: skip
        seen.add(where)
    assert seen == set(recorded)


@pytest.mark.oracle
def test_numbers_and_states_are_those_of_pytorch(torch: Any, run: Callable[..., Any]) -> None:
    for where, operator, sample in calls():
        torch.manual_seed(SEED)
        default_generator().manual_seed(SEED)
        for array, expected in zip(
            ours(run, operator, sample), real(torch, operator, sample), strict=True
        ):
            assert str(expected.dtype) == repr(dtypes.from_numpy(array.dtype)), where
            assert array.shape == tuple(expected.shape), where
            assert_same(operator, array, plain(torch, expected).astype(array.dtype), where)
        states = default_generator().state_bytes(), torch.get_rng_state().numpy()
        assert digest(states[0]) == digest(states[1]), where


@pytest.mark.oracle
def test_mixed_calls_stay_in_step_with_pytorch(torch: Any, run: Callable[..., Any]) -> None:
    # One stream through hundreds of calls: what one leaves behind (a cached normal number, half
    # a block of words) the next one meets.
    everything = list(calls())
    order = np.random.default_rng(0).integers(len(everything), size=600)
    torch.manual_seed(7)
    default_generator().manual_seed(7)
    for position in order:
        where, operator, sample = everything[position]
        for array, expected in zip(
            ours(run, operator, sample), real(torch, operator, sample), strict=True
        ):
            assert_same(operator, array, plain(torch, expected).astype(array.dtype), where)
    ours_now, theirs_now = default_generator().state_bytes(), torch.get_rng_state().numpy()
    assert digest(ours_now) == digest(theirs_now)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_a_million_normal_numbers_are_within_their_bound(
    torch: Any, run: Callable[..., Any], dtype: str
) -> None:
    operator = registry().operator("aten::randn")
    torch.manual_seed(1)
    default_generator().manual_seed(1)
    [array] = ours(run, operator, Sample([10**6], dtype=getattr(dtypes, dtype).code))
    expected = torch.randn(10**6, dtype=getattr(torch, dtype))
    assert_same(operator, array, plain(torch, expected).astype(array.dtype), dtype)


@pytest.mark.oracle
def test_a_state_of_pytorch_continues_here(torch: Any, run: Callable[..., Any]) -> None:
    torch.manual_seed(5)
    torch.rand(1000)
    torch.randn(3)
    default_generator().restore(torch.get_rng_state().numpy())
    for name, sample in (("aten::randn", Sample([3])), ("aten::randperm", Sample(50))):
        operator = registry().operator(name)
        [array] = ours(run, operator, sample)
        [expected] = real(torch, operator, sample)
        assert_same(operator, array, expected.numpy(), name)


def test_an_explicit_generator_leaves_the_default_one_alone(run: Callable[..., Any]) -> None:
    from ops_registry.generator import Generator

    operator = registry().operator("aten::rand", "generator")
    default_generator().manual_seed(3)
    before = default_generator().state_bytes()
    drawn = run(operator, [[4], Generator().manual_seed(3), None, None, None, None])
    assert np.array_equal(default_generator().state_bytes(), before)
    plain_rand = registry().operator("aten::rand")
    assert np.array_equal(run(plain_rand, [[4], None, None, None, None]), drawn)


def test_an_in_place_fill_goes_by_memory(run: Callable[..., Any]) -> None:
    operator = registry().operator("aten::uniform_")
    filled = []
    for target in (np.zeros((3, 4)), np.zeros((4, 3)).T):
        default_generator().manual_seed(3)
        filled.append(run(operator, [target, 0.0, 1.0, None]))
    assert np.array_equal(filled[0].reshape(-1), filled[1].T.reshape(-1))


def test_memory_that_overlaps_is_not_filled(run: Callable[..., Any]) -> None:
    from numpy.lib.stride_tricks import as_strided

    target = as_strided(np.zeros(1), (3,), (0,))
    with pytest.raises(RuntimeError, match="clone"):
        run(registry().operator("aten::uniform_"), [target, 0.0, 1.0, None])


@pytest.mark.parametrize("train, p", [(False, 0.5), (True, 0.0)])
@pytest.mark.parametrize("name", ["dropout", "feature_dropout", "alpha_dropout", "dropout_"])
def test_dropout_that_drops_nothing_draws_nothing(
    run: Callable[..., Any], name: str, train: bool, p: float
) -> None:
    default_generator().manual_seed(3)
    before = default_generator().state_bytes()
    value = tensor(2, 3)
    assert run(registry().operator(f"aten::{name}"), [value, p, train]) is value
    assert np.array_equal(default_generator().state_bytes(), before)


def test_multinomial_never_draws_what_has_no_weight(run: Callable[..., Any]) -> None:
    operator = registry().operator("aten::multinomial")
    weights = np.array([0.0, 0.2, 0.0, 0.8, 0.0])
    for replacement, count in ((True, 500), (False, 2)):
        drawn = run(operator, [weights, count, replacement, None])
        assert set(drawn.tolist()) == {1, 3}


if __name__ == "__main__":
    import torch as pytorch

    golden = {}
    for case, record, call in calls():
        pytorch.manual_seed(SEED)
        drawn_there = real(pytorch, record, call)
        golden[case] = {
            "values": [numbers(plain(pytorch, t)) for t in drawn_there],
            "state": digest(pytorch.get_rng_state().numpy()),
        }
    lines = ",\n".join(f"{json.dumps(case)}: {json.dumps(golden[case])}" for case in golden)
    GOLDEN.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
