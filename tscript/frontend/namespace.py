"""What the names of the ``torch`` namespace, ``math``, ``typing`` and the builtins mean in a script.

One table, resolver-independent: `fact_of_path(("torch", "add"))` is ``OperatorRef("aten::add")`` whether the
question comes from a live function, from mypy or from an archive, and whether the program says
``import torch`` or ``import tscript as torch``. Types named in annotations are `type_of_path`.

Most of ``torch`` needs no row: ``torch.X`` is the operator ``aten::X`` wherever the registry has it, and
``torch.nn.functional.X`` is the function ``X`` of ``tscript/nn/functional.py`` wherever that file defines one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ops_registry import dtypes
from ops_registry.registry import registry
from ops_registry.types import (
    ANY,
    BOOL,
    COMPLEX,
    DEVICE,
    FLOAT,
    GENERATOR,
    INT,
    NONE,
    NUMBER,
    STORAGE,
    STREAM,
    STRING,
    TENSOR,
    ListType,
    Type,
)
from tscript.frontend.resolver import (
    Constant,
    ExceptionRef,
    Fact,
    FunctionRef,
    LibraryHandle,
    NamedType,
    NamespaceRef,
    OperatorRef,
    SpecialForm,
    TypeConstructor,
    TypeRef,
)

Path = tuple[str, ...]

#: Dotted names under which the same thing is also known (mypy sees where a thing is defined).
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "tscript": "torch",
        "tscript.jit.scripting": "torch.jit.script",
        "torch._jit_internal": "torch.jit",
        "torch.jit._script": "torch.jit",
        "torch.jit._trace": "torch.jit",
        "torch.jit._async": "torch.jit",
        "torch._C._VariableFunctions": "torch",
        "torch._C._VariableFunctionsClass": "torch",
        "torch._C": "torch",
        "torch._tensor": "torch",
        "torch.functional": "torch",
        "torch._C._nn": "torch",
        "torch.autograd.grad_mode": "torch",
        "torch.markers.is_scripting": "torch.jit.is_scripting",
        "torch.utils._contextlib": "torch",
        "typing_extensions": "typing",
    }
)

#: Packages and modules that are namespaces in a script.
NAMESPACES: frozenset[str] = frozenset(
    """torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.nn.modules
    torch.nn.modules.utils torch.nn.parameter torch.jit torch.linalg torch.fft torch.special torch.sparse torch.ops
    torch.autograd torch.autograd.profiler torch.random torch.distributed torch.utils torch.backends torch.cuda
    torch.testing torch.overrides torch.types torch.version torch.profiler math cmath typing builtins warnings
    collections enum __future__""".split()
)

_SPECIAL_FORMS: Mapping[str, str] = MappingProxyType(
    {
        **{
            f"builtins.{name}": name
            for name in """print len range enumerate zip reversed slice isinstance hasattr getattr list tuple
            dict int float bool str complex super""".split()
        },
        "typing.cast": "cast",
        "typing.reveal_type": "reveal_type",
        "typing_extensions.reveal_type": "reveal_type",
        "torch.jit.annotate": "annotate",
        "torch.jit.isinstance": "jit_isinstance",
        "torch.jit.is_scripting": "is_scripting",
        "torch.jit.is_tracing": "is_tracing",
        "torch.jit.fork": "fork",
        "torch.jit._fork": "fork",
        "torch.jit.wait": "wait",
        "torch.jit._wait": "wait",
        "torch.jit._unwrap_optional": "unwrap_optional",
        "torch.jit.unused": "identity",
        "torch.jit.export": "identity",
        "torch.is_tracing": "is_tracing",
        "torch.no_grad": "no_grad",
        "torch.autograd.profiler.record_function": "record_function",
        "torch.profiler.record_function": "record_function",
        "torch.Tensor": "tensor_class",
        "torch.Size": "size_class",
        "torch.overrides.has_torch_function": "never",
        "torch.overrides.has_torch_function_unary": "never",
        "torch.overrides.has_torch_function_variadic": "never",
        "torch._assert": "torch_assert",
        "torch.is_grad_enabled": "is_grad_enabled",
        "torch._VF": "vf_namespace",
        "warnings.warn": "warn",
    }
)

_OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        **{
            f"builtins.{name}": f"aten::{name}"
            for name in "all any divmod sum ord chr bin hex oct round hash sorted pow".split()
        },
        "builtins.min": "prim::min",
        "builtins.max": "prim::max",
        "builtins.abs": "prim::abs",
        "builtins.id": "prim::id",
        # Not in scripts: named so that they are reported, and their Python classes not compiled.
        "torch.enable_grad": "aten::enable_grad",
        "torch.inference_mode": "aten::inference_mode",
        "torch.is_tensor": "aten::is_tensor",
        "math.remainder": "aten::mathremainder",
        **{
            f"math.{name}": f"aten::{name}"
            for name in """acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf erfc exp
            expm1 fabs factorial floor fmod frexp gamma gcd isfinite isinf isnan ldexp lgamma log log10 log1p
            log2 modf pow radians sin sinh sqrt tan tanh""".split()
        },
        "cmath.phase": "aten::angle",
        **{
            f"cmath.{name}": f"aten::{name}"
            for name in """acos acosh asin asinh atan atanh cos cosh exp isfinite isinf isnan log log10 polar
            sin sinh sqrt tan tanh""".split()
        },
        "torch.nn.modules.utils._single": "aten::_single",
        "torch.nn.modules.utils._pair": "aten::_pair",
        "torch.nn.modules.utils._triple": "aten::_triple",
        "torch.nn.modules.utils._quadruple": "aten::_quadruple",
        "torch.nn.modules.utils._list_with_default": "aten::list_with_default",
        "torch.nn.functional._list_with_default": "aten::list_with_default",
        "torch.nn.functional.logsigmoid": "aten::log_sigmoid",
        "torch.get_device": "aten::get_device",
        "torch.autograd.grad": "aten::grad",
        "torch.device": "aten::device",
        "torch.random.manual_seed": "aten::manual_seed",
    }
)

_CONSTANTS: Mapping[str, Constant] = MappingProxyType(
    {
        "math.pi": Constant(math.pi, FLOAT),
        "math.e": Constant(math.e, FLOAT),
        "math.tau": Constant(math.tau, FLOAT),
        "math.inf": Constant(math.inf, FLOAT),
        "math.nan": Constant(math.nan, FLOAT),
        "torch.pi": Constant(math.pi, FLOAT),
        "torch.e": Constant(math.e, FLOAT),
        "torch.inf": Constant(math.inf, FLOAT),
        "torch.nan": Constant(math.nan, FLOAT),
        "torch.newaxis": Constant(None, NONE),
        "typing.TYPE_CHECKING": Constant(False, BOOL),
        "torch.strided": Constant(0, INT),
        "torch.sparse_coo": Constant(1, INT),
        "torch.sparse_csr": Constant(2, INT),
        "torch.contiguous_format": Constant(0, INT),
        "torch.preserve_format": Constant(1, INT),
        "torch.channels_last": Constant(2, INT),
        "torch.channels_last_3d": Constant(3, INT),
    }
)

_DTYPE_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "float": "float32",
        "double": "float64",
        "half": "float16",
        "int": "int32",
        "long": "int64",
        "short": "int16",
        "cfloat": "complex64",
        "cdouble": "complex128",
        "chalf": "complex32",
        "bool": "bool_",
    }
)
_DTYPES: frozenset[str] = frozenset(
    """uint8 int8 int16 int32 int64 float16 float32 float64 complex32 complex64 complex128 bfloat16
    qint8 quint8 qint32 uint16 uint32 uint64""".split()
)

_TYPES: Mapping[str, NamedType] = MappingProxyType(
    {
        "builtins.int": INT,
        "builtins.float": FLOAT,
        "builtins.bool": BOOL,
        "builtins.str": STRING,
        "builtins.complex": COMPLEX,
        "builtins.None": NONE,
        "builtins.NoneType": NONE,
        "builtins.list": TypeConstructor("List"),
        "builtins.tuple": TypeConstructor("Tuple"),
        "builtins.dict": TypeConstructor("Dict"),
        "typing.List": TypeConstructor("List"),
        "typing.Tuple": TypeConstructor("Tuple"),
        "typing.Dict": TypeConstructor("Dict"),
        "typing.Optional": TypeConstructor("Optional"),
        "typing.Union": TypeConstructor("Union"),
        "typing.Final": TypeConstructor("Final"),
        "typing.Annotated": TypeConstructor("Annotated"),
        "typing.Any": ANY,
        "types.NoneType": NONE,
        "numbers.Number": NUMBER,
        "torch.Tensor": TENSOR,
        "torch.jit.Tensor": TENSOR,
        "torch.nn.Parameter": TENSOR,
        "torch.nn.parameter.Parameter": TENSOR,
        "torch.LongTensor": TENSOR,
        "torch.FloatTensor": TENSOR,
        "torch.BoolTensor": TENSOR,
        "torch.device": DEVICE,
        "torch.dtype": INT,
        "torch.layout": INT,
        "torch.memory_format": INT,
        "torch.qscheme": INT,
        "torch.Size": ListType(INT),
        "torch.Generator": GENERATOR,
        "torch.Storage": STORAGE,
        "torch.Stream": STREAM,
        "torch.types.Number": NUMBER,
        "torch.types.Device": DEVICE,
        "torch.jit.Final": TypeConstructor("Final"),
        "torch.jit.Future": TypeConstructor("Future"),
        "torch.futures.Future": TypeConstructor("Future"),
        "torch.jit.Await": TypeConstructor("Await"),
        "torch.jit._Await": TypeConstructor("Await"),
        "torch.distributed.rpc.RRef": TypeConstructor("RRef"),
        **{
            f"{owner}.BroadcastingList{size}": TypeConstructor("List")
            for owner in ("torch.jit", "torch.markers")
            for size in range(1, 7)
        },
    }
)

_EXCEPTIONS: frozenset[str] = frozenset(
    """ArithmeticError AssertionError AttributeError BufferError EOFError Exception FloatingPointError
    ImportError IndexError KeyError LookupError MemoryError NameError NotImplementedError OSError
    OverflowError RecursionError ReferenceError RuntimeError StopIteration SystemError TimeoutError
    TypeError UnboundLocalError UnicodeError ValueError ZeroDivisionError""".split()
)

#: Namespaces whose functions are operators with a prefix: ``torch.linalg.norm`` is ``aten::linalg_norm``.
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {"torch.linalg": "linalg_", "torch.fft": "fft_", "torch.special": "special_"}
)

#: Where the library's own Python functions are: namespace -> our module.
_LIBRARY: Mapping[str, str] = MappingProxyType(
    {
        "torch": "tscript.scripted_functions",
        "torch.nn.functional": "tscript.nn.functional",
        "torch.nn.init": "tscript.nn.init",
    }
)


@cache
def canonical(path: Path) -> str:
    """The dotted name under which the tables know ``path``.

    >>> canonical(("tscript", "nn", "functional", "relu"))
    'torch.nn.functional.relu'
    """
    dotted = ".".join(path)
    for length in range(len(path), 0, -1):
        prefix = ".".join(path[:length])
        if prefix in _ALIASES:
            return canonical((*_ALIASES[prefix].split("."), *path[length:]))
    return dotted


def fact_of_path(path: Path) -> Fact | None:
    """What ``path`` (a full dotted name, split) is; None when the namespace has no such member.

    >>> fact_of_path(("torch", "float32"))
    Constant(value=6, type=IntType())
    >>> fact_of_path(("math", "sqrt"))
    OperatorRef(name='aten::sqrt')
    """
    return _fact(canonical(path))


@cache
def _fact(dotted: str) -> Fact | None:
    if dotted in _SPECIAL_FORMS:
        return SpecialForm(_SPECIAL_FORMS[dotted])
    if dotted in _OPERATORS:
        return OperatorRef(_OPERATORS[dotted])
    if dotted in _CONSTANTS:
        return _CONSTANTS[dotted]
    if dotted in NAMESPACES:
        return NamespaceRef(dotted)
    owner, _, name = dotted.rpartition(".")
    if owner == "builtins" and name in _EXCEPTIONS:
        return ExceptionRef(dotted)
    if owner.startswith("torch.ops"):
        scope = owner.removeprefix("torch.ops").removeprefix(".")
        return NamespaceRef(dotted) if not scope else OperatorRef(f"{scope}::{name}")
    if owner == "torch":
        dtype = _DTYPE_ALIASES.get(name, name)
        if dtype in _DTYPES or dtype == "bool_":
            return Constant(getattr(dtypes, dtype).code, INT)
    if owner in _LIBRARY and name in library_functions(_LIBRARY[owner]):
        return library_function(_LIBRARY[owner], name)
    if owner in _PREFIXES and registry().overloads(f"aten::{_PREFIXES[owner]}{name}"):
        return OperatorRef(f"aten::{_PREFIXES[owner]}{name}")
    if owner in ("torch", "torch.nn.functional"):
        if registry().overloads(f"aten::{name}"):
            return OperatorRef(f"aten::{name}")
        if owner == "torch" and name in library_functions("tscript.nn.functional"):
            return library_function("tscript.nn.functional", name)
    if dotted in _TYPES:
        named = _TYPES[dotted]
        if isinstance(named, TypeConstructor):
            return SpecialForm("type_constructor")
        if isinstance(named, Type):
            return TypeRef(named)
    return None


def type_of_path(path: Path) -> NamedType:
    """What ``path`` means in an annotation; None when it is no type of the namespace.

    >>> type_of_path(("typing", "List"))
    TypeConstructor(name='List')
    """
    return _TYPES.get(canonical(path))


def builtin(name: str) -> Fact | None:
    """What a bare builtin name is: ``len``, ``range``, ``ValueError``."""
    return _fact(f"builtins.{name}")


def is_known_namespace(path: Path) -> bool:
    """Whether `fact_of_path` is the authority on the members of ``path``."""
    return canonical(path) in NAMESPACES


def library_function(module: str, name: str) -> FunctionRef:
    """The reference to a function of our own library."""
    qualified = "__torch__.torch." + module.removeprefix("tscript.") + "." + name
    return FunctionRef(qualified, LibraryHandle(module, name))


def library_functions(module: str) -> frozenset[str]:
    """Names of the functions that one of our library's files defines, read from its text."""
    from tscript.frontend.library import function_names

    return function_names(module)
