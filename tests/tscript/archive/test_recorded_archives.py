"""Archives of real PyTorch: loaded, run on the recorded inputs, saved again, here and in PyTorch."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tscript.archive.load_save import load_archive, save_archive
from tscript.runtime.tensor import wrap

#: Failures of operators, for which our own messages say more: what both must name.
KEY_WORDS = {
    "mat1 and mat2 shapes cannot be multiplied (2x4 and 3x3)": "cannot be multiplied",
    "shape '[5, 5]' is invalid for input of size 8": "[5, 5]",
    "list index out of range": "index",
}


def tensor(array: np.ndarray, dtype: str) -> Any:
    if dtype == "bfloat16":
        array = array.view(ml_dtypes.bfloat16)
    return wrap(array.copy())


def caller(root: Any) -> Any:
    """Calls a method of a loaded object, as the manifest names it."""

    def call(method: str, arguments: Any) -> Any:
        return root(*arguments) if method == "__call__" else root.call(method, *arguments)

    return call


def run(
    recording: Any,
    call: Any,
    compare: Any,
    wrap_tensor: Any = tensor,
    errors: tuple[type[Exception], ...] = (RuntimeError,),
) -> None:
    """Make every recorded call, in order; ``call(method, arguments)`` runs one."""
    for row in recording.calls:
        arguments = recording.arguments(row, wrap_tensor)
        if "raises" in row:
            with pytest.raises(errors) as caught:
                call(row["method"], arguments)
            text = row["raises"].splitlines()[-1].split(": ")[-1]
            assert KEY_WORDS.get(text, text) in str(caught.value)
        else:
            compare(call(row["method"], arguments), recording.result(row), recording)


def test_an_archive_gives_the_recorded_results(recording: Any, compare_with_recording: Any) -> None:
    root = load_archive(recording.path)
    run(recording, caller(root), compare_with_recording)


def test_an_archive_saved_again_gives_the_recorded_results(
    recording: Any, compare_with_recording: Any
) -> None:
    file = io.BytesIO()
    save_archive(load_archive(recording.path), file)
    root = load_archive(file)
    run(recording, caller(root), compare_with_recording)


def test_saving_is_reproducible(recording: Any) -> None:
    first, second, third = io.BytesIO(), io.BytesIO(), io.BytesIO()
    save_archive(load_archive(recording.path), first)
    save_archive(load_archive(recording.path), second)
    assert first.getvalue() == second.getvalue()
    save_archive(load_archive(first), third)
    texts = [
        {name: z.read(name) for name in z.namelist() if name.endswith((".py", "data.pkl"))}
        for z in (zipfile.ZipFile(first), zipfile.ZipFile(third))
    ]
    assert texts[0] == texts[1]


@pytest.mark.oracle
def test_pytorch_runs_an_archive_saved_again(
    recording: Any, compare_with_recording: Any, torch: Any
) -> None:
    if recording.file.startswith("torch-2.13/tv_"):
        pytest.importorskip("torchvision", reason="the archive uses torchvision's operators")
    file = io.BytesIO()
    save_archive(load_archive(recording.path), file)
    file.seek(0)
    root = torch.jit.load(file)

    def wrap_tensor(array: np.ndarray, dtype: str) -> Any:
        found = torch.from_numpy(array.copy())
        return found.view(torch.bfloat16) if dtype == "bfloat16" else found

    with torch.no_grad():
        run(
            recording,
            lambda method, args: getattr(root, method)(*args),
            compare_with_recording,
            wrap_tensor,
            (RuntimeError, torch.jit.Error),
        )


def test_loading_and_running_needs_neither_libcst_nor_scipy(archives: Any) -> None:
    path = archives / "torch-2.13" / "control_flow_function.pt"
    program = f"""
import sys
import numpy as np
from tscript.archive.load_save import load_archive
from tscript.runtime.tensor import wrap
load_archive({str(path)!r}).call("forward", wrap(np.ones(3, np.float32)), 3, None)
print([name for name in ("libcst", "scipy", "torch", "mypy", "ml_dtypes") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
