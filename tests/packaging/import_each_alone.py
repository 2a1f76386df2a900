"""Imports each module of some packages as if it were the first, and reports those that fail.

A program of its own, run by ``test_every_module_imports_alone.py`` under ``-X dev -W error``:
``python import_each_alone.py ROOT PACKAGE...`` prints a JSON object, module name to error.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

# Other people's modules are loaded first and once: their warnings are not ours to mend, and what
# remains is the time to import our own modules. Order and isolation among ours are not affected.
LOADED_BEFORE = ("numpy", "scipy.special", "ml_dtypes", "libcst.metadata", "pluggy", "click",
                 "rich.console", "mypy.build", "mypy.plugin", "pytest")  # fmt: skip


def modules_of(root: Path, package: str) -> Iterator[str]:
    """Names of a package and of all modules below it, found without importing any."""
    yield package
    for found in pkgutil.iter_modules([str(root.joinpath(*package.split(".")))]):
        name = f"{package}.{found.name}"
        if found.ispkg:
            yield from modules_of(root, name)
        elif found.name != "__main__":  # importing one runs a program
            yield name


def main(root: Path, packages: list[str]) -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in LOADED_BEFORE:
            importlib.import_module(name)
    sys.path.insert(0, str(root))
    failures = {}
    for package in packages:
        for name in modules_of(root, package):
            for loaded in list(sys.modules):
                if loaded.split(".")[0] in packages:
                    del sys.modules[loaded]
            try:
                importlib.import_module(name)
            except BaseException as error:
                failures[name] = f"{type(error).__name__}: {error}"
    return failures


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2:]), sys.stdout)
