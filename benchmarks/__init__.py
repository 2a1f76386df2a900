"""Ratios against real peers, measured side by side in one run. ``make benchmarks`` runs them all.

A benchmark is a function in a module of this package, listed in ``__main__.py``, that returns
:class:`~benchmarks.comparison.Comparison`\\ s. Absolute times say little on a shared machine; a ratio of
two things measured in turns on the same one says something.
"""
