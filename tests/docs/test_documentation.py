"""The code in the documentation runs, and prints what the documentation says.

The ``python`` blocks of a page are one program. A ``text`` block right below one is what it prints.
"""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/getting_started.md"]

BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<prints>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)


def run_page(path: Path) -> int:
    """Run the blocks of a page; how many there were. AssertionError where one prints otherwise."""
    text = path.read_text(encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "page"}
    count = 0
    for count, block in enumerate(BLOCK.finditer(text), 1):
        # On the page's own lines, so that the compiler finds the source of functions there.
        before = "\n" * text.count("\n", 0, block.start("code"))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(before + block["code"], str(path), "exec"), namespace)
        if block["prints"] is not None:
            assert out.getvalue() == block["prints"], block["code"]
    return count


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_page(ROOT / page) > 0


def test_a_page_that_prints_otherwise_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1)\n```\n\n```text\n2\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        run_page(page)


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        prose = re.sub(r"(?ms)^ *(`{3,}).*?^ *\1|`[^`\n]*`", "", text)
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
