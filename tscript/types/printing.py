"""Types spelled as Python annotations: ``List[int]``, ``Optional[Tensor]``.

The schema spelling (``int[]``, ``Tensor?``) is ``str(type)``.
"""

from __future__ import annotations

from ops_registry.types import (
    AwaitType,
    DeviceType,
    DictType,
    FunctionType,
    FutureType,
    ListType,
    NominalType,
    NoneType,
    NumberType,
    OptionalType,
    RRefType,
    TensorType,
    TupleType,
    Type,
    UnionType,
)
from tscript.types.nominal import RETURN_TYPES, NamedTupleType


def annotation_str(type: Type) -> str:
    """The annotation that stands for ``type`` in source.

    >>> from ops_registry.types import INT, TENSOR
    >>> annotation_str(OptionalType(ListType(TupleType((INT, TENSOR)))))
    'Optional[List[Tuple[int, Tensor]]]'
    """
    match type:
        case TensorType():
            return "Tensor"
        case ListType(element):
            return f"List[{annotation_str(element)}]"
        case OptionalType(element):
            return f"Optional[{annotation_str(element)}]"
        case UnionType(members):
            return f"Union[{', '.join(map(annotation_str, members))}]"
        case TupleType(()):
            return "Tuple[()]"
        case TupleType(elements):
            return f"Tuple[{', '.join(map(annotation_str, elements))}]"
        case DictType(key, value):
            return f"Dict[{annotation_str(key)}, {annotation_str(value)}]"
        case FutureType(element):
            return f"Future[{annotation_str(element)}]"
        case AwaitType(element):
            return f"Await[{annotation_str(element)}]"
        case RRefType(element):
            return f"RRef[{annotation_str(element)}]"
        case NoneType():
            return "NoneType"
        case NumberType():
            return "number"
        case DeviceType():
            return "Device"
        case FunctionType():
            return "Function"
        case NamedTupleType() if type.qualified_name.startswith(RETURN_TYPES):
            # What an operator returns has named fields, and no class that source could name.
            return annotation_str(type.as_tuple())
        case NominalType(name):
            return name
        case _:
            return str(type)
