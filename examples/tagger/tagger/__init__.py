"""A part-of-speech tagger: self-attention over the words, beam search over the tags.

Small, but written the way such models are: the network and the search are TorchScript, the
tests are plain pytest. It runs on tscript as it stands, and on PyTorch with ``tscript`` replaced
by ``torch`` in the imports.
"""
