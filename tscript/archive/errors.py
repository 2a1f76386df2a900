"""What can be wrong with an archive, as exceptions a person can read.

Every fault in a file is an `ArchiveError` that names the file and, where there is one, the member
at fault.  Faults of the caller (a value that cannot be saved) are `SaveError`.  Both are
`RuntimeError`, as PyTorch raises, so code written for PyTorch catches them unchanged.
"""

from __future__ import annotations


class ArchiveError(RuntimeError):
    """A file is no archive, is damaged, or holds something that is not allowed.

    ``archive`` is the file's name, ``member`` the record inside it (or None), ``problem`` the bare
    text.

    >>> print(ArchiveError("it ends after 7 bytes", archive="model.pt", member="data.pkl"))
    model.pt: data.pkl: it ends after 7 bytes
    """

    def __init__(self, problem: str, *, archive: str = "", member: str | None = None) -> None:
        super().__init__(": ".join(part for part in (archive, member, problem) if part))
        self.problem = problem
        self.archive = archive
        self.member = member


class NotAnArchiveError(ArchiveError):
    """The file is not a zip file, or is a zip file that PyTorch did not lay out."""


class TruncatedArchiveError(ArchiveError):
    """The file, or a record inside it, ends too early."""


class MissingMemberError(ArchiveError):
    """A record that the archive needs is not in it."""


class ForbiddenGlobalError(ArchiveError):
    """A pickle names a class or function outside the closed list that loading may use."""


class SaveError(RuntimeError):
    """A value or program cannot be written into an archive; the message says which part and why."""
