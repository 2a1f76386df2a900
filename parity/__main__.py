"""``python -m parity``: examine the entries and print how many agree.

    --source operators|modules   one of the databases instead of both
    --only WORD                  entries whose names start with WORD or contain it after a dot
    --resume                     keep what earlier runs found, examine the rest
    --retry                      keep what passed in earlier runs, examine the rest
    --failures                   print the reasons of what fails
    --write                      write docs/parity.md; needs a run over everything

The status is 1 when fewer pass than the bounds say, and with ``--only`` when any fails.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from parity import report
from parity.results import EntryResult, TimeLimit

ROOT = Path(__file__).parents[1]
#: One line for each entry, as it is found, the last one counting; `--resume` reads it.
FOUND = ROOT / "build" / "parity.jsonl"
SECONDS = 300.0


def source(name: str) -> Any:
    """The module that examines a database's entries."""
    return importlib.import_module(f"parity.{name}")


def examine(database: str, name: str, seconds: float) -> EntryResult:
    """One entry, in a process of the pool."""

    def stop(*_: object) -> None:
        raise TimeLimit

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    module = source(database)
    try:
        found: EntryResult = module.examine(name)
    except TimeLimit:
        reason = [f"takes more than {seconds:.0f} seconds"]
        return EntryResult(database, name, module.family(name), "failed", 0, 1, 0, seconds, reason)
    except Exception as error:
        reason = [f"the examination fails: {type(error).__name__}: {error}"[:300]]
        return EntryResult(database, name, module.family(name), "failed", 0, 1, reasons=reason)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return found


def prepare() -> None:
    """Each process: one thread, and PyTorch's Python is not traced into files."""
    import warnings

    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)


def wanted(name: str, words: list[str]) -> bool:
    return not words or any(
        name == word or name.startswith(word) or f".{word}" in name for word in words
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="parity", description=__doc__.split("\n")[0])
    parser.add_argument("--source", choices=("operators", "modules"), action="append")
    parser.add_argument("--only", action="append", default=[], metavar="WORD")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--retry", action="store_true")
    parser.add_argument("--failures", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args(arguments)
    start = time.monotonic()
    databases = options.source or ["operators", "modules"]
    entries = [(d, n) for d in databases for n in source(d).names() if wanted(n, options.only)]
    partial = bool(options.only or options.source)
    FOUND.parent.mkdir(exist_ok=True)
    if not (partial or options.resume or options.retry):
        FOUND.unlink(missing_ok=True)
    results = _earlier() if options.resume or options.retry else {}
    if options.retry:
        kept = ("passed", "left out")
        results = {key: found for key, found in results.items() if found.outcome in kept}
    rest = [entry for entry in entries if entry not in results]
    with FOUND.open("a", encoding="utf-8") as out:
        for found in _examined(rest, options.workers, options.seconds):
            results[found.source, found.name] = found
            out.write(found.to_json() + "\n")
            out.flush()
            if options.failures and found.outcome not in ("passed", "left out"):
                print(report.of_entry(found), flush=True)
    ordered = [results[entry] for entry in entries]
    minutes = (time.monotonic() - start) / 60
    print(report.summary(ordered), f"\n{minutes:.1f} minutes")
    if options.write and not partial:
        report.PAGE.write_text(report.page(ordered), encoding="utf-8")
        print(f"wrote {report.PAGE.relative_to(ROOT)}")
    return int(not report.within_bounds(ordered, everything=not options.only))


def _earlier() -> dict[tuple[str, str], EntryResult]:
    if not FOUND.exists():
        return {}
    lines = FOUND.read_text(encoding="utf-8").splitlines()
    found = [EntryResult.from_json(line) for line in lines if line.strip()]
    return {(one.source, one.name): one for one in found}


def _examined(entries: list[tuple[str, str]], workers: int, seconds: float) -> Any:
    """Results in the order in which they are ready. A crash costs one entry, not the run."""
    if workers <= 1 or len(entries) <= 2:
        prepare()
        for database, name in entries:
            yield examine(database, name, seconds)
        return
    context = multiprocessing.get_context("fork")
    left = list(entries)
    while left:
        done = set()
        try:
            with ProcessPoolExecutor(workers, context, prepare) as pool:
                jobs = {pool.submit(examine, *entry, seconds): entry for entry in left}
                for job in as_completed(jobs):
                    found = job.result()
                    done.add(jobs[job])
                    yield found
        except BrokenProcessPool:
            crashed = next(entry for entry in left if entry not in done)
            done.add(crashed)
            family = source(crashed[0]).family(crashed[1])
            reason = ["a crash of the process, in this entry or in one beside it"]
            yield EntryResult(*crashed, family, "failed", 0, 1, reasons=reason)
        left = [entry for entry in left if entry not in done]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
