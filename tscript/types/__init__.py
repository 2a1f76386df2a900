"""The compiler's types: nominal types, the relations between all types, and their spelling.

Type terms that schemas can say are in :mod:`ops_registry.types`.
"""
