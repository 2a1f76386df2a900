"""The intermediate representation: graphs, their text, and what makes one well formed."""
