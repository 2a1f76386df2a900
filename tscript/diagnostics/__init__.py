"""What compile-time errors are and how they look: source ranges, the catalogue, reports."""
