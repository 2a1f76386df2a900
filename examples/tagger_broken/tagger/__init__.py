"""The tagger again, with five typing mistakes for ``tscript-mypy`` to find.

All of it is good Python, and mypy by itself is content. Each mistake is one that TorchScript
rejects; the comments that point at them give the code to expect.
"""
