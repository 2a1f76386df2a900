"""Operators as plugins: types, schemas, records, and the registry that finds them.

An author of operators needs nothing else of this project: :func:`operator` declares a record,
``meta`` says shapes and dtypes, the registry finds plugins by the entry point group
``ops_registry``. This package never imports ``tscript``.
"""
