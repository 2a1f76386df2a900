"""Operators on vectors: ``torch.ops.geometry``. The records are in :mod:`geometry_ops.operators`."""
