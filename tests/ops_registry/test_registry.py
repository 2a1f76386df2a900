"""The registry: lookups, what is imported when, and plugins that clash or fail."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ops_registry.builtin import BUILTIN_FAMILIES
from ops_registry.builtin.generate_index import INDEX, index_text
from ops_registry.hookspecs import hookimpl
from ops_registry.meta import like
from ops_registry.operator import Operator, declared_in, operator
from ops_registry.registry import PluginError, Registry, UnknownOperatorError, registry


class Plugin:
    """A plugin made by hand."""

    def __init__(self, operators: Iterable[Operator]) -> None:
        self.operators = list(operators)

    @hookimpl
    def ops_registry_operators(self) -> list[Operator]:
        return self.operators


def declare(schema: str) -> Operator:
    @operator(schema, meta=like("self"))
    def kernel(self: object) -> object:
        return self

    return next(o for o in declared_in(__name__) if o.kernel is kernel)


@pytest.fixture
def fresh() -> Iterator[Registry]:
    yield Registry()


def test_the_index_is_what_the_families_declare() -> None:
    assert INDEX.read_text(encoding="utf-8") == index_text()


def test_every_family_file_is_in_the_visible_tuple() -> None:
    modules = {path.stem: f"ops_registry.builtin.{path.stem}" for path in INDEX.parent.glob("*.py")}
    for module in modules.values():
        importlib.import_module(module)
    with_operators = {name for name, module in modules.items() if declared_in(module)}
    assert with_operators == set(BUILTIN_FAMILIES)


def test_looking_schemas_up_imports_no_family() -> None:
    code = (
        "import sys; from ops_registry.registry import registry;"
        "assert registry().overloads('aten::relu');"
        "loaded = [m for m in sys.modules if m.startswith('ops_registry.builtin.')];"
        "assert loaded == ['ops_registry.builtin._index'], loaded;"
        "registry().operator('aten::relu');"
        "assert 'ops_registry.builtin.activation' in sys.modules;"
        "assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_an_unknown_operator_is_an_error_that_says_what_exists() -> None:
    with pytest.raises(UnknownOperatorError, match=r"aten::relu\.nope is no overload.*aten::relu"):
        registry().operator("aten::relu", "nope")
    with pytest.raises(UnknownOperatorError, match="no operator plugin that has `nowhere`"):
        registry().operator("nowhere::thing")


def test_a_plugins_operator_is_found(fresh: Registry) -> None:
    fresh.register(Plugin([declare("testlib::twice(Tensor self) -> Tensor")]), "mine")
    assert [s.full_name for s in fresh.overloads("testlib::twice")] == ["testlib::twice"]
    assert fresh.operator("testlib::twice").name == "testlib::twice"
    assert "testlib" in fresh.namespaces()
    fresh.unregister("mine")
    assert not fresh.has("testlib::twice")


def test_a_schema_that_exists_already_is_refused(fresh: Registry) -> None:
    one = declare("testlib::clash(Tensor self) -> Tensor")
    fresh.register(Plugin([one]), "first")
    with pytest.raises(PluginError, match=r"'second' declares testlib::clash, which first already"):
        fresh.register(Plugin([one]), "second")
    with pytest.raises(PluginError, match="which the built-in operators already has"):
        fresh.register(Plugin([declare("aten::relu(Tensor self) -> Tensor")]), "third")


def test_an_operator_without_a_namespace_is_refused(fresh: Registry) -> None:
    with pytest.raises(PluginError, match="without a namespace"):
        fresh.register(Plugin([declare("bare(Tensor self) -> Tensor")]), "mine")


def install(folder: Path, name: str, module: str, text: str) -> None:
    """A plugin as pip leaves it: a module, and metadata with its entry point."""
    (folder / f"{module}.py").write_text(text)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[ops_registry]\n{name} = {module}\n")


#: A plugin's text with one operator, ``{0}``.
ONE_OPERATOR = """
from ops_registry.hookspecs import hookimpl
from ops_registry.meta import like
from ops_registry.operator import declared_in, operator

@operator("{0}(Tensor self) -> Tensor", meta=like("self"))
def kernel(self):
    return self + self

@hookimpl
def ops_registry_operators():
    return declared_in(__name__)
"""


def test_a_plugin_that_fails_to_import_is_named_and_the_others_work(
    fresh: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(tmp_path, "broken", "broken_plugin", "raise OSError('no licence')\n")
    install(tmp_path, "sound", "sound_plugin", ONE_OPERATOR.format("soundlib::double"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "soundlib::double" in fresh.names()
    said = r"brokenlib::f; .*'broken' \(broken_plugin\) failed to import: OSError: no licence"
    with pytest.raises(UnknownOperatorError, match=said):
        fresh.operator("brokenlib::f")
    assert list(fresh.plugin_failures) == ["broken"]


def test_an_operator_of_two_installed_plugins_is_neither_ones(
    fresh: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        install(tmp_path, name, f"{name}_clashing", ONE_OPERATOR.format("clashlib::f"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not fresh.has("clashlib::f")
    assert "clashlib::f" not in fresh.names()
    with pytest.raises(UnknownOperatorError, match=r"clashlib::f cannot be used: .*already has"):
        fresh.operator("clashlib::f")


def test_a_hook_that_fails_or_lists_something_else_is_named(fresh: Registry) -> None:
    class Failing:
        @hookimpl
        def ops_registry_operators(self) -> list[Operator]:
            raise KeyError("gone")

    with pytest.raises(PluginError, match=r"'mine' failed to list its operators: KeyError: 'gone'"):
        fresh.register(Failing(), "mine")
    with pytest.raises(PluginError, match=r"'mine' lists 'twice', which is no Operator"):
        fresh.register(Plugin(["twice"]), "mine")  # type: ignore[list-item]


def test_a_refused_plugin_leaves_nothing_behind(fresh: Registry) -> None:
    fine, bad = (
        declare("testlib::fine(Tensor self) -> Tensor"),
        declare("bare2(Tensor self) -> Tensor"),
    )
    with pytest.raises(PluginError):
        fresh.register(Plugin([fine, bad]), "mine")
    assert not fresh.has("testlib::fine")
    fresh.register(Plugin([fine]), "mine")
    assert fresh.plugin_of(fresh.operator("testlib::fine")) == "mine"


def test_a_record_that_returns_tensors_needs_a_meta() -> None:
    with pytest.raises(ValueError, match="needs a meta"):
        operator("testlib::f(Tensor self) -> Tensor")(lambda self: self)
