"""``jit.save`` and ``jit.load``: archives in PyTorch's format, to and from Python faces."""

from __future__ import annotations

import io
from collections.abc import Mapping, MutableMapping
from typing import Any

from tscript.archive.load_save import load_archive, save_archive
from tscript.jit.script_module import RecursiveScriptModule, ScriptModule, face_of
from tscript.jit.scripting import ScriptFunction


def save(m: Any, f: Any, _extra_files: Mapping[str, str | bytes] | None = None) -> None:
    """Write a scripted or traced module or function to ``f``, a path or a binary file.

    Real PyTorch loads the file, too. ``_extra_files`` are stored beside the program under their
    names. Raises ``SaveError`` naming the module and the function when something of it stays a
    call into Python.

    >>> import io
    >>> import tscript as torch
    >>> @torch.jit.script
    ... def double(x):
    ...     return x * 2
    >>> file = io.BytesIO()
    >>> torch.jit.save(double, file)
    >>> _ = file.seek(0)
    >>> torch.jit.load(file)(torch.ones(1))
    tensor([2.])
    """
    if isinstance(m, ScriptFunction):
        save_archive(m.function, f, _extra_files)
        return
    own = vars(m).get("_script_object") if isinstance(m, ScriptModule) else None
    if own is None:
        raise TypeError(
            f"save takes a scripted or traced module or function, not {type(m).__name__}:"
            " compile it with torch.jit.script first"
        )
    save_archive(own, f, _extra_files)


def save_to_buffer(m: Any) -> bytes:
    """The bytes of the archive of a module or function."""
    buffer = io.BytesIO()
    save(m, buffer)
    return buffer.getvalue()


def load(
    f: Any,
    map_location: Any = None,
    _extra_files: MutableMapping[str, Any] | None = None,
    _restore_shapes: bool = False,
) -> RecursiveScriptModule:
    """Load an archive that :func:`save`, or real PyTorch, wrote; nothing in it is executed.

    ``f`` is a path or a binary file. All tensors come onto the CPU. The names in ``_extra_files``
    are filled with the extra files' contents. Raises ``ArchiveError`` naming the file and the
    member at fault for what is no archive, is damaged, or names something forbidden.
    """
    return face_of(load_archive(f, map_location, _extra_files))


def load_from_bytes(data: bytes) -> Any:
    """Load from an archive's bytes (what pickled modules hold)."""
    return load(io.BytesIO(data))
