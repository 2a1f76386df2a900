"""Why arguments do not fit a signature, and which signatures came nearest.

Here: :class:`Mismatch`, a diagnostic that is reported once no other signature fits, and what is
said about several of them. Not here: the fitting itself (``schema_matching.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ops_registry.schema import Argument, FunctionSchema
from ops_registry.types import (
    TENSOR,
    LayoutType,
    ListType,
    MemoryFormatType,
    ScalarTypeType,
    Type,
)
from tscript.diagnostics.report import Diagnostic, Note
from tscript.diagnostics.source import SourceRange
from tscript.frontend import remedies
from tscript.types.printing import source_str
from tscript.types.relations import without_none

if TYPE_CHECKING:
    from tscript.frontend.emitter import Emitter
    from tscript.frontend.schema_matching import Given

#: At most so many of the forms that came equally near are shown.
_SHOWN_FORMS = 3

#: Among forms that took as many arguments: those where one is of another type come first.
_ORDER = {"argument-type": 0, "optional-not-refined": 0, "too-many-arguments": 2}


@dataclass(frozen=True, slots=True)
class SignatureText:
    """A signature as people write it; spelled out only if it is shown."""

    schema: FunctionSchema
    callee: str
    #: It is called on an object: ``self`` is not among the arguments.
    bound: bool = False

    def __str__(self) -> str:
        parts: list[str] = []
        starred = False
        for position, argument in enumerate(self.schema.arguments):
            if self.bound and position == self_index(self.schema):
                continue
            if argument.kwarg_only and not starred:
                parts.append("*")
                starred = True
            text = f"{argument.name}: {formal_str(argument, argument.type)}"
            if argument.has_default:
                text += f" = {argument.default!r}"
            parts.append(text)
        returns = ", ".join(source_str(r.type) for r in self.schema.returns)
        if len(self.schema.returns) > 1:
            returns = f"Tuple[{returns}]"
        return f"{self.callee}({', '.join(parts)}) -> {returns or 'None'}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why arguments do not fit a signature: a diagnostic not yet reported."""

    code: str
    range: SourceRange
    args: Mapping[str, object]
    #: How many of the given arguments do fit, to name the nearest candidates.
    progress: int
    suggestion: str = ""
    signature: SignatureText | None = None
    #: Where the argument got its type, if that was taken for granted.
    origin: Note | None = None
    #: Those of other signatures that came as near.
    tied: tuple[Mismatch, ...] = ()

    def report(self, emitter: Emitter) -> None:
        emitter.sink.add(
            Diagnostic(
                self.code,
                self.range,
                self.args,
                () if self.origin is None else (self.origin,),
                call_chain=emitter.sink.call_chain,
                suggestion=self.suggestion,
            )
        )

    def with_signature(self) -> Mismatch:
        """Of an operator's only form: what it takes, where nothing better is known to say."""
        if self.code != "argument-type" or self.suggestion:
            return self
        return replace(self, suggestion=f"its signature is `{self.signature}`")

    @property
    def distance(self) -> tuple[bool, int, int]:
        """Smaller is nearer; a form that writes into ``out`` is meant only where that is given."""
        out = self.signature is not None and any(
            argument.kwarg_only and not argument.has_default
            for argument in self.signature.schema.arguments
        )
        return out, -self.progress, _ORDER.get(self.code, 1)

    def in_container(self, emitter: Emitter, receiver: Given, args: Sequence[Given]) -> Mismatch:
        """A method of a list: its elements are Tensors only because nobody said what they are."""
        if self.code == "argument-type" and isinstance(receiver.type, ListType):
            for given in args:
                if given.range == self.range:
                    origin = emitter.origins.of(receiver.value, ListType(given.type))
                    if origin is not None:
                        return replace(self, suggestion=origin.hint, origin=origin.note)
                    if (
                        receiver.type.element == TENSOR
                        and receiver.value.node.kind == "prim::GetAttr"
                    ):
                        name = receiver.value.node.attributes["name"]
                        wanted = source_str(ListType(given.type))
                        hint = f"annotate it where it is first set: `self.{name}: {wanted} = []`"
                        return replace(self, suggestion=hint)
        return self

    def notes(self) -> tuple[Note, ...]:
        """What is wrong with the first argument that does not fit any of the nearest forms."""
        if self.code != "argument-type":
            return ()
        wanted = _either(f"`{m.args['expected']}`" for m in (self, *self.tied))
        parameter = self.args["parameter"]
        label = f"`{parameter}` must be {wanted}: this is `{self.args['actual']}`"
        where = Note(self.range, label)
        return (where,) if self.origin is None else (where, self.origin)

    def remedy(self) -> str:
        """The nearest forms, and what would make the arguments fit."""
        first = self.suggestion if self.code == "argument-type" else ""
        if self.code == "missing-argument":
            first = f"`{self.args['parameter']}` is missing"
        elif self.code == "too-many-arguments":
            first = f"it takes {self.args['expected']} positional arguments"
        elif self.code == "duplicate-argument":
            first = f"`{self.args['parameter']}` is given twice"
        forms = list(dict.fromkeys(f"`{m.signature}`" for m in (self, *self.tied) if m.signature))
        if not forms:
            return first
        shown = ", ".join(forms[:_SHOWN_FORMS])
        noun = "form is" if len(forms) == 1 else "forms are"
        return "; ".join(filter(None, (first, f"the nearest {noun} {shown}")))


def nearest_of(found: Sequence[Mismatch]) -> Mismatch | None:
    """The mismatch that came nearest, with those that are as near."""
    if not found:
        return None
    best = min(found, key=lambda m: m.distance)
    tied = [m for m in found if m is not best and m.distance == best.distance]
    tied = [m for m in tied if m.code == best.code and m.range == best.range]
    return replace(best, tied=tuple(tied))


def self_index(schema: FunctionSchema) -> int | None:
    """Which argument the object is that a method is called on."""
    index = schema.index("self")
    return 0 if index is None and schema.arguments else index


def formal_str(formal: Argument, type: Type) -> str:
    """How a parameter's type is written: a dtype as one, not as the int that it is in the IR."""
    real = formal.real_type
    if isinstance(without_none(real), ScalarTypeType | LayoutType | MemoryFormatType):
        return source_str(real)
    return source_str(type)


def missing(
    schema: FunctionSchema,
    formal: Argument,
    signature: SignatureText,
    range: SourceRange,
    kwargs: Mapping[str, SourceRange],
    progress: int,
) -> Mismatch:
    """An argument that is not given, or is under a name that no parameter has."""
    callee = signature.callee
    for name, place in kwargs.items():
        if schema.index(name) is None:
            return unexpected(schema, name, signature, place, progress, likely=formal.name)
    args = {"callee": callee, "parameter": formal.name, "signature": signature}
    return Mismatch("missing-argument", range, args, progress, signature=signature)


def unexpected(
    schema: FunctionSchema,
    name: str,
    signature: SignatureText,
    range: SourceRange,
    progress: int,
    likely: str = "",
) -> Mismatch:
    """A keyword that is no parameter; ``likely`` is the one that was probably meant."""
    hint = f"did you mean `{likely}`?" if likely else ""
    if not hint:
        hint = remedies.nearest(name, [argument.name for argument in schema.arguments])
    signature_hint = f"its signature is `{signature}`"
    return Mismatch(
        "unexpected-keyword",
        range,
        {"callee": signature.callee, "name": name, "signature": signature},
        progress,
        f"{hint} {signature_hint}" if hint else "",
        signature,
    )


def wrong_type(
    formal: Argument,
    text: str,
    range: SourceRange,
    actual: Type,
    target: Type,
    signature: SignatureText,
    progress: int,
    remedy: str,
) -> Mismatch:
    """An argument of another type; ``remedy`` is empty when the types alone tell it."""
    from tscript.types.relations import is_optional, is_subtype

    callee = signature.callee
    inner, wanted = without_none(actual), without_none(target)
    fits = is_subtype(inner, target) or (  # `int[1]? dim` takes one int
        formal.size is not None and isinstance(wanted, ListType) and inner == wanted.element
    )
    if is_optional(actual) and fits:
        args = {
            "type": source_str(actual),
            "operation": f"`{callee}`",
            "expected": source_str(target if is_subtype(inner, target) else inner),
            "name": text,
        }
        hint = remedies.refinement(text)
        return Mismatch("optional-not-refined", range, args, progress, hint, signature)
    expected = formal_str(formal, target)
    remedy = remedy or _dtype_named(expected, text) or remedies.fitting(text, actual, target)
    args = {
        "callee": callee,
        "parameter": formal.name,
        "expected": expected,
        "actual": source_str(actual),
    }
    return Mismatch("argument-type", range, args, progress, remedy, signature)


def _dtype_named(expected: str, text: str) -> str:
    """A dtype that was given as a string."""
    name = text.strip("'\"")
    if "torch.dtype" in expected and name != text and name.isidentifier():
        return f"write `torch.{name}`"
    return ""


def _either(parts: Iterable[str]) -> str:
    *first, last = dict.fromkeys(parts)
    return f"{', '.join(first)} or {last}" if first else last


__all__ = [
    "Mismatch",
    "SignatureText",
    "formal_str",
    "missing",
    "nearest_of",
    "self_index",
    "unexpected",
    "wrong_type",
]
