"""Record what PyTorch gives for every sample of every operator: ``python tests/ops_registry/goldens.py``.

The results are ``tests/data/operators.npz``, so that values are checked where PyTorch is not
installed: ``index`` is JSON, ``operator/sample`` with a digest of the arguments (so that a changed
sample is seen) and dtype, shape and place of each result in ``data``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
GOLDENS = ROOT / "tests" / "data" / "operators.npz"


def recorded_operators():
    """Kernels of tensors with samples whose results PyTorch determines."""
    from ops_registry.registry import registry

    kernels = [op for op in registry() if op.kind == "kernel" and not op.random and op.samples]
    kernels = [op for op in kernels if op.name.startswith("aten::") and "empty" not in op.name]
    return [op for op in kernels if op.tensor_positions or op.returns_tensors]


def digest(values: Any) -> str:
    """A short fingerprint of a call's arguments."""
    found = hashlib.sha256()

    def take(value: Any) -> None:
        if isinstance(value, np.ndarray):
            found.update(f"{value.dtype}{value.shape}".encode())
            found.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, list | tuple):
            found.update(b"[")
            for item in value:
                take(item)
        elif isinstance(value, dict):
            for name in sorted(value):
                found.update(name.encode())
                take(value[name])
        else:
            found.update(repr(value).encode())

    take(values)
    return found.hexdigest()[:12]


def flat(value: Any) -> list[Any]:
    """Results in one list."""
    if isinstance(value, list | tuple):
        return [item for part in value for item in flat(part)]
    return [value]


def plain(value: Any) -> np.ndarray:
    """A result of either side as an array that ``.npz`` holds: bfloat16 as float32."""
    if hasattr(value, "detach"):
        value = value.detach().resolve_conj().resolve_neg()
        value = value.float().numpy() if str(value.dtype) == "torch.bfloat16" else value.numpy()
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def record() -> None:
    import copy
    import importlib.util

    import torch

    specification = importlib.util.spec_from_file_location(
        "parity", Path(__file__).with_name("test_parity.py")
    )
    assert specification is not None and specification.loader is not None
    parity = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(parity)
    index: dict[str, Any] = {}
    data = bytearray()
    for operator in recorded_operators():
        for number, sample in enumerate(operator.samples()):
            args, kwargs = copy.deepcopy((sample.args, sample.kwargs))
            results = parity.torch_call(torch, operator)(
                *(parity.to_torch(torch, a) for a in args),
                **{name: parity.to_torch(torch, v) for name, v in kwargs.items()},
            )
            places = []
            for result in flat(results):
                array = plain(result)
                places.append((array.dtype.str, array.shape, len(data)))
                data += array.tobytes()
            entry = digest((sample.args, sample.kwargs)), places
            index[f"{operator.full_name}/{number}"] = entry
    blob = np.frombuffer(bytes(data), np.uint8)
    np.savez_compressed(GOLDENS, index=np.array(json.dumps(index)), data=blob)
    print(f"{len(index)} samples, {GOLDENS.stat().st_size} bytes")


def recorded() -> dict[str, tuple[str, list[np.ndarray]]]:
    """Digest and results of each sample, by ``operator/sample``."""
    with np.load(GOLDENS) as file:
        index, data = json.loads(str(file["index"])), file["data"].tobytes()
    found = {}
    for key, (fingerprint, places) in index.items():
        results = []
        for dtype, shape, offset in places:
            count = int(np.prod(shape, dtype=np.int64))
            results.append(np.frombuffer(data, dtype, count, offset).reshape(shape))
        found[key] = fingerprint, results
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    record()
