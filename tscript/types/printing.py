"""Types spelled as Python annotations: ``List[int]``, ``Optional[Tensor]``.

The schema spelling (``int[]``, ``Tensor?``) is ``str(type)``.
"""

from __future__ import annotations

from collections.abc import Callable

from ops_registry.types import (
    AwaitType,
    DeviceType,
    DictType,
    FunctionType,
    FutureType,
    LayoutType,
    ListType,
    MemoryFormatType,
    NominalType,
    NoneType,
    NumberType,
    OptionalType,
    RRefType,
    ScalarTypeType,
    TensorType,
    TupleType,
    Type,
    UnionType,
)
from tscript.types.nominal import RETURN_TYPES, NamedTupleType


def source_str(type: Type) -> str:
    """The type as the user wrote it: classes without the name of their module.

    >>> from tscript.types.nominal import EnumType
    >>> source_str(ListType(EnumType("__torch__.model.Color")))
    'List[Color]'
    """
    return _spelled(type, lambda name: name.rpartition(".")[2])


def annotation_str(type: Type) -> str:
    """The annotation that stands for ``type`` in source, classes with their qualified name.

    >>> from ops_registry.types import INT, TENSOR
    >>> annotation_str(OptionalType(ListType(TupleType((INT, TENSOR)))))
    'Optional[List[Tuple[int, Tensor]]]'
    """
    return _spelled(type, lambda name: name)


def _spelled(type: Type, nominal: Callable[[str], str]) -> str:
    def spell(inner: Type) -> str:
        return _spelled(inner, nominal)

    match type:
        case TensorType():
            return "Tensor"
        case ListType(element):
            return f"List[{spell(element)}]"
        case OptionalType(element):
            return f"Optional[{spell(element)}]"
        case UnionType(members):
            return f"Union[{', '.join(map(spell, members))}]"
        case TupleType(()):
            return "Tuple[()]"
        case TupleType(elements):
            return f"Tuple[{', '.join(map(spell, elements))}]"
        case DictType(key, value):
            return f"Dict[{spell(key)}, {spell(value)}]"
        case FutureType(element):
            return f"Future[{spell(element)}]"
        case AwaitType(element):
            return f"Await[{spell(element)}]"
        case RRefType(element):
            return f"RRef[{spell(element)}]"
        case NoneType():
            return "NoneType"
        case NumberType():
            return "number"
        case DeviceType():
            return "Device"
        case ScalarTypeType():
            return "torch.dtype"
        case LayoutType():
            return "torch.layout"
        case MemoryFormatType():
            return "torch.memory_format"
        case FunctionType():
            return "Function"
        case NamedTupleType() if type.qualified_name.startswith(RETURN_TYPES):
            # What an operator returns has named fields, and no class that source could name.
            return spell(type.as_tuple())
        case NominalType(name):
            return nominal(name)
        case _:
            return str(type)
