"""Ratios against real peers, measured side by side in one run. ``make benchmarks`` runs them all.

A benchmark is a function in a module of this package, listed in ``__main__.py``, that returns
``Comparison`` objects. Absolute times say little on a shared machine; a ratio of two things that
were measured there in turns says something.
"""
