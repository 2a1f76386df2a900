"""Running things: tensors, the dispatcher, the two executors and the tracer.

Nothing is imported here: each part loads when it is first used, so that ``import tscript``
costs little more than NumPy.
"""
