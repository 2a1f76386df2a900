"""The layers, one file a family; ``tscript.nn`` has their names."""
