"""Graph passes: one a file, each a plain function named as its file; `pipeline` has the order."""
