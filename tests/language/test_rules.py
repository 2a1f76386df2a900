"""The language reference is complete: each rule has a case that is accepted and one that is not."""

from __future__ import annotations

from rules import language_rules, rules_of, unknown_links

PAGE = """# Page

## Both

```py
# a comment is no heading
assert f(1) == 2


@torch.jit.script
def g(n: int):
    return n + "a"  # error: [operator-type]
```

## Refused when it runs

```py
with raises(RuntimeError):
    f("a")
```

```py
f(1)
```
"""


def test_cases_are_counted_below_their_heading() -> None:
    both, runtime = rules_of("page", PAGE)
    assert both.anchor == ("page", "both")
    assert (both.cases, both.accepted, both.rejected, both.complete) == (1, 1, 1, True)
    assert (runtime.cases, runtime.accepted, runtime.rejected, runtime.complete) == (2, 0, 1, False)


def test_a_title_with_cases_of_its_own_is_a_rule() -> None:
    assert [rule.heading for rule in rules_of("page", PAGE)] == ["Both", "Refused when it runs"]
    titled = PAGE.replace("## Both", "")
    assert [rule.heading for rule in rules_of("page", titled)] == ["Page", "Refused when it runs"]


def test_the_index_names_rules_that_are_there() -> None:
    assert unknown_links(language_rules()) == []


def test_a_link_to_no_rule_is_noticed() -> None:
    assert len(unknown_links([])) > 50


def test_each_rule_has_an_accepted_and_a_rejected_case() -> None:
    lacking = [rule.anchor for rule in language_rules() if not rule.complete]
    assert lacking == []


def test_there_are_many_cases() -> None:
    assert sum(rule.cases for rule in language_rules()) >= 400
