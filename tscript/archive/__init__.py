"""TorchScript archives and state dicts: reading and writing PyTorch's zip format.

`reader` and `writer` are the zip container, `unpickler` and `pickler` the pickles in it (to and
from the plain `descriptions`), `storages` the tensors, `code_import` and `code_export` the
serialized Python.
"""
