"""pytest's hooks. Without ``--tscript-check`` nothing here does anything, or imports anything."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_tscript.recorder import Recorder

_RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()

#: The attribute of a test report that carries records from an xdist worker to the controller.
_REPORT_ATTRIBUTE = "tscript_records"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("tscript", "TorchScript traces")
    group.addoption(
        "--tscript-check",
        action="store_true",
        help="trace the functions and modules that the tests call, and check the traces with all"
        " recorded inputs",
    )
    group.addoption(
        "--tscript-tolerance",
        type=float,
        default=1e-5,
        metavar="T",
        help="how far outputs of a trace may be from those of the function (default: 1e-5)",
    )
    group.addoption(
        "--tscript-max-inputs",
        type=int,
        default=8,
        metavar="N",
        help="how many different inputs of a target are kept (default: 8)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start recording when asked to."""
    config.addinivalue_line("markers", "tscript: a check of a trace, made by --tscript-check")
    if not config.option.tscript_check or config.option.collectonly:
        return
    from pytest_tscript.recorder import Recorder

    config.stash[_RECORDER] = Recorder(
        config.rootpath, config.getini("python_files"), config.option.tscript_max_inputs
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Put everything back as it was."""
    recorder = config.stash.get(_RECORDER, None)
    if recorder is not None:
        recorder.uninstall()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Record while the test itself runs; fixtures are not what is tested."""
    recorder = item.config.stash.get(_RECORDER, None)
    if recorder is None or item.get_closest_marker("tscript") is not None:
        return (yield)
    with recorder.recording(item.nodeid):
        given = getattr(item, "funcargs", {})
        for name, value in given.items():  # functions that a test is parametrized with
            given[name] = recorder.wrapped(value)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """On a worker, send what the test recorded with its report."""
    report = yield
    recorder = item.config.stash.get(_RECORDER, None)
    if recorder is not None and call.when == "call" and hasattr(item.config, "workerinput"):
        encoded = recorder.take_encoded()
        if encoded:
            setattr(report, _REPORT_ATTRIBUTE, (encoded, list(sys.path)))
    return report


class _Controller:
    """What only the process that reports to the user does."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        encoded = getattr(report, _REPORT_ATTRIBUTE, None)
        if encoded:
            self.config.stash[_RECORDER].add_encoded(*encoded)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to the workers' reports."""
    config = session.config
    if config.stash.get(_RECORDER, None) is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Controller(config), "tscript-controller")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After the tests, run the checks as items through pytest's own protocol."""
    result = yield
    config = session.config
    recorder = config.stash.get(_RECORDER, None)
    if recorder is None or hasattr(config, "workerinput"):
        return result
    if session.shouldfail or session.shouldstop:
        return result
    from pytest_tscript.checks import check_items

    items = check_items(session, recorder, config.option.tscript_tolerance)
    config.hook.pytest_collection_modifyitems(session=session, config=config, items=items)
    session.testscollected += len(items)
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return result


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was called and is not checked."""
    recorder = config.stash.get(_RECORDER, None)
    if recorder is not None and recorder.left_out:
        terminalreporter.section("not checked by tscript")
        for name, reason in sorted(recorder.left_out.items()):
            terminalreporter.write_line(f"{name}: {reason}")
