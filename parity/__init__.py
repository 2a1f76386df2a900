"""PyTorch's own databases of operators and modules, taken through tscript: ``python -m parity``.

Needs PyTorch 2.13 (``make parity``). Nothing here is part of the installed packages.
"""
