"""``pytest --tscript-check``: trace what the tests exercise, and check the traces.

While tests run, the tensors with which they call the project's functions and modules are
recorded. Afterwards each of these is traced with the first recorded inputs and checked with the
others; every check is a test item of its own, ``tscript::package.module.function``.
"""
