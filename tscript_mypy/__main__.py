"""``tscript-mypy``: mypy's own command line with this plugin on.

Stock mypy takes plugins only from its configuration file. Its parser finds the configuration, a
merged copy with the plugin added is written to a temporary file, and mypy runs with that: every
option, every section and the cache are as in a plain run whose configuration names the plugin.
"""

from __future__ import annotations

import configparser
import importlib.util
import io
import os
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mypy.main import main as mypy_main
from mypy.main import process_options

DEFAULT_PLUGIN = "tscript_mypy"


def split_off_plugins(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments without ``--plugin NAME``, and the plugins to have.

    >>> split_off_plugins(["--strict", "--plugin", "mine", "a.py"])
    (['--strict', 'a.py'], ['mine'])
    >>> split_off_plugins(["a.py", "--", "--plugin=x"])
    (['a.py', '--', '--plugin=x'], ['tscript_mypy'])
    """
    rest: list[str] = []
    plugins: list[str] = []
    arguments = iter(argv)
    for argument in arguments:
        if argument == "--":
            rest += [argument, *arguments]
        elif argument == "--plugin":
            name = next(arguments, None)
            if name is None:
                print("tscript-mypy: error: --plugin needs a name", file=sys.stderr)
                raise SystemExit(2)
            plugins.append(name)
        elif argument.startswith("--plugin="):
            plugins.append(argument.removeprefix("--plugin="))
        else:
            rest.append(argument)
    return rest, plugins or [DEFAULT_PLUGIN]


def main(argv: Sequence[str] | None = None) -> None:
    """Run mypy with the plugin; exits as mypy does (0 clean, 1 errors, 2 misuse)."""
    args, plugins = split_off_plugins(sys.argv[1:] if argv is None else argv)
    try:
        _, options = process_options(
            list(args), stdout=io.StringIO(), stderr=io.StringIO(), require_targets=False
        )
    except SystemExit:  # --help, --version and usage errors: mypy says it itself
        mypy_main(args=args, stdout=sys.stdout, stderr=sys.stderr)
        return
    here = Path.cwd() / "mypy.ini"  # what is typed counts from here
    for plugin in plugins:
        _refuse_missing(plugin)
    plugins = [_absolute(plugin, here) for plugin in plugins]
    missing = [plugin for plugin in plugins if plugin not in options.plugins]
    if not missing:
        mypy_main(args=args, stdout=sys.stdout, stderr=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="tscript-mypy-") as folder:
        merged = write_merged(options.config_file, missing, Path(folder))
        cut = args.index("--") if "--" in args else len(args)
        args[cut:cut] = ["--config-file", str(merged)]
        # A clean exit, not mypy's own quick one: the folder is removed on the way out.
        mypy_main(args=args, stdout=sys.stdout, stderr=sys.stderr, clean_exit=True)


def _refuse_missing(plugin: str) -> None:
    """mypy would name the line of a temporary file."""
    name = plugin.partition(":")[0]
    try:
        found = Path(name).exists() if name.endswith(".py") else importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if not found:
        print(f"tscript-mypy: error: there is no plugin {name!r}", file=sys.stderr)
        raise SystemExit(2)


def write_merged(config_file: str | None, plugins: Sequence[str], folder: Path) -> Path:
    """A copy of mypy's configuration with ``plugins`` added.

    Relative paths of plugin files become absolute, since they count from the configuration's
    folder, and so does ``$MYPY_CONFIG_FILE_DIR``.
    """
    if config_file is None:
        merged = folder / "mypy.ini"
        merged.write_text(f"[mypy]\nplugins = {', '.join(plugins)}\n", encoding="utf-8")
        return merged
    source = Path(config_file).resolve()
    if source.suffix == ".toml":
        return _merged_toml(source, plugins, folder)
    return _merged_ini(source, plugins, folder)


def _merged_ini(source: Path, plugins: Sequence[str], folder: Path) -> Path:
    parser = configparser.RawConfigParser()
    parser.read(source, encoding="utf-8")
    merged = configparser.RawConfigParser()
    for section in parser.sections():
        if section == "mypy" or section.startswith("mypy-"):
            merged[section] = {k: _expanded(v, source) for k, v in parser[section].items()}
    if "mypy" not in merged:
        merged["mypy"] = {}
    present = [p.strip() for p in merged["mypy"].get("plugins", "").split(",") if p.strip()]
    everything = [*(_absolute(plugin, source) for plugin in present), *plugins]
    merged["mypy"]["plugins"] = ", ".join(everything)
    target = folder / "mypy.ini"
    with target.open("w", encoding="utf-8") as file:
        merged.write(file)
    return target


def _merged_toml(source: Path, plugins: Sequence[str], folder: Path) -> Path:
    with source.open("rb") as file:
        section: dict[str, Any] = tomllib.load(file).get("tool", {}).get("mypy", {})
    overrides = section.pop("overrides", [])
    present = section.get("plugins", [])
    if isinstance(present, str):
        present = [p.strip() for p in present.split(",") if p.strip()]
    section["plugins"] = [*(_absolute(plugin, source) for plugin in present), *plugins]
    lines = ["[tool.mypy]", *_toml_lines(section, source)]
    for override in overrides:
        lines += ["", "[[tool.mypy.overrides]]", *_toml_lines(override, source)]
    target = folder / "mypy.toml"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _toml_lines(section: dict[str, Any], source: Path) -> list[str]:
    return [f"{_toml(key)} = {_toml(_expanded(value, source))}" for key, value in section.items()]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_toml(k)} = {_toml(v)}' for k, v in value.items())}}}"
    return str(value)


def _expanded(value: Any, source: Path) -> Any:
    if isinstance(value, str):
        return value.replace("$MYPY_CONFIG_FILE_DIR", str(source.parent))
    if isinstance(value, list):
        return [_expanded(item, source) for item in value]
    return value


def _absolute(plugin: str, source: Path) -> str:
    name, colon, entry = plugin.partition(":")
    if name.endswith(".py") and not os.path.isabs(name):
        name = str(source.parent / name)
    return f"{name}{colon}{entry}"


if __name__ == "__main__":
    main()
