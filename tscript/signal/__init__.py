"""``torch.signal``: signal processing; :mod:`tscript.signal.windows` are its functions."""

from __future__ import annotations

from tscript.signal import windows as windows
