"""The methods that ``@dataclass`` gives a class: views of them, made from the class's own view.

``dataclasses`` writes ``__init__`` and the comparisons as text that is in no file, so they are
written here again, as Python means them; what is wrong in them is reported at the field that it
comes from. Not here: ``__repr__`` and ``__hash__``, which scripts have no use for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tscript.diagnostics.source import SourceRange
from tscript.frontend import views as v
from tscript.frontend.unsupported import REMEDIES

#: The comparisons that ``order=True`` adds: the operator of each, and what it gives for equal objects.
_ORDER = {
    "__lt__": ("<", False),
    "__le__": ("<", True),
    "__gt__": (">", False),
    "__ge__": (">", True),
}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    range: SourceRange
    annotation: v.Expr
    default: v.Expr | None
    options: dict[str, v.Expr]
    keyword_only: bool
    is_init_var: bool

    def has(self, option: str) -> bool:
        """An option of ``field(...)`` that is on unless it is switched off."""
        found = self.options.get(option)
        return not (isinstance(found, v.Const) and found.value is False)


def dataclass_methods(view: v.ClassDef) -> dict[str, v.Def]:
    """The methods that the decorator adds, by name; none where the class is no dataclass.

    A method that the class defines itself is not among them.
    """
    decorator = next((d for d in view.decorators if _last_name(d) == "dataclass"), None)
    if decorator is None:
        return {}
    keywords = decorator.keywords if isinstance(decorator, v.Apply) else ()
    options = {keyword.name.name: keyword.value for keyword in keywords}
    fields = list(_fields(view, _is_true(options.get("kw_only"))))
    made: dict[str, v.Def] = {}
    if _is_true(options.get("init"), default=True):
        made["__init__"] = _init(view, fields, options)
    if _is_true(options.get("eq"), default=True):
        made["__eq__"] = _comparison(view, fields, "__eq__")
    if _is_true(options.get("order")):
        made.update({name: _comparison(view, fields, name) for name in _ORDER})
    own = {method.name.name for method in view.methods}
    return {name: method for name, method in made.items() if name not in own}


def _is_true(option: v.Expr | None, *, default: bool = False) -> bool:
    return option.value is True if isinstance(option, v.Const) else default


def _last_name(view: v.Expr) -> str:
    """``field`` for ``dataclasses.field(...)``."""
    if isinstance(view, v.Subscript):
        view = view.value
    return (v.decorator_name(view) or "").rpartition(".")[2]


def _fields(view: v.ClassDef, keyword_only: bool) -> Iterator[_Field]:
    for statement in view.assigns:
        annotation, target = statement.annotation, statement.targets[0]
        if annotation is None or not isinstance(target, v.Var):
            continue
        kind, default = _last_name(annotation), statement.value
        if kind == "KW_ONLY":
            keyword_only = True
        if kind in ("KW_ONLY", "ClassVar"):
            continue
        is_init_var = kind == "InitVar" and isinstance(annotation, v.Subscript)
        if is_init_var and isinstance(annotation, v.Subscript):
            annotation = annotation.index[0]
        options: dict[str, v.Expr] = {}
        if isinstance(default, v.Apply) and _last_name(default) == "field":
            options = {keyword.name.name: keyword.value for keyword in default.keywords}
            default = options.get("default")
        yield _Field(
            target.name, statement.range, annotation, default, options,
            _is_true(options.get("kw_only"), default=keyword_only), is_init_var,
        )  # fmt: skip


def _init(view: v.ClassDef, fields: list[_Field], options: dict[str, v.Expr]) -> v.Def:
    place = view.name.range
    params, body = [_plain_parameter(place, "self")], list[v.Stmt]()
    problems = list(_problems(fields, options))
    for field in sorted(fields, key=lambda field: field.keyword_only):
        if not field.has("init"):
            continue
        if field.keyword_only and field.default is not None:
            construct = "keyword-only parameters with a default"
            problems.append(v.Unsupported(field.range, construct, REMEDIES[construct]))
        params.append(
            v.Param(
                field.range, v.Ident(field.range, field.name), field.annotation, None,
                field.default, "keyword-only" if field.keyword_only else "positional",
            )
        )  # fmt: skip
    for field in fields:
        if field.has("init") and not field.is_init_var:
            target = _of("self", field)
            body.append(v.Assign(field.range, (target,), v.Var(field.range, field.name), None))
    after = next((m for m in view.methods if m.name.name == "__post_init__"), None)
    if after is not None:
        where = after.name.range
        given = [v.Var(where, field.name) for field in fields if field.is_init_var]
        callee = v.Select(where, v.Var(where, "self"), v.Ident(where, "__post_init__"))
        body.append(v.ExprStmt(where, v.Apply(where, callee, tuple(given), ())))
    return _method(view, "__init__", tuple(params), v.Const(place, None), body, problems)


def _problems(fields: list[_Field], options: dict[str, v.Expr]) -> Iterator[v.Unsupported]:
    frozen = options.get("frozen")
    if frozen is not None and _is_true(frozen):
        yield v.Unsupported(
            frozen.range,
            "frozen dataclasses",
            "remove `frozen=True`: attributes of an object of a script can always be set",
        )
    for field in fields:
        factory = field.options.get("default_factory")
        if factory is not None:
            yield v.Unsupported(
                factory.range,
                "dataclass fields with a default factory",
                "pass the value where an object is made, or write `__init__` yourself",
            )


def _comparison(view: v.ClassDef, fields: list[_Field], name: str) -> v.Def:
    place = view.name.range
    body: list[v.Stmt] = []
    for field in fields:
        if not field.is_init_var and field.has("compare"):
            body += _compared(view, field, name)
    result = True if name == "__eq__" else _ORDER[name][1]
    body.append(_return(place, result))
    params = (_plain_parameter(place, "self"), _plain_parameter(place, "other"))
    return _method(view, name, params, v.Var(place, "bool"), body, [])


def _compared(view: v.ClassDef, field: _Field, name: str) -> list[v.Stmt]:
    """What one field says: if it differs it decides. None is equal to None, and has no order."""
    place = field.range
    mine, theirs = v.Var(place, f"self_{field.name}"), v.Var(place, f"other_{field.name}")
    if name == "__eq__":
        decide: v.Stmt = v.If(place, _compare(mine, "!=", theirs), (_return(place, False),), ())
        no_order: v.Stmt = _return(place, False)
    else:
        op = _ORDER[name][0]
        less = v.If(place, _compare(theirs, op, mine), (_return(place, False),), ())
        decide = v.If(place, _compare(mine, op, theirs), (_return(place, True),), (less,))
        text = f"{view.name.name}.{field.name} is None, which has no order"
        error = v.Apply(place, v.Var(place, "TypeError"), (v.StringLiteral(place, text),), ())
        no_order = v.Raise(place, error, None)
    none = v.Const(place, None)
    are_set = v.BoolOp(
        place, "and", (_compare(mine, "is not", none), _compare(theirs, "is not", none))
    )
    differ = _compare(_compare(mine, "is", none), "!=", _compare(theirs, "is", none))
    return [
        v.Assign(place, (mine,), _of("self", field), None),
        v.Assign(place, (theirs,), _of("other", field), None),
        v.If(place, are_set, (decide,), (v.If(place, differ, (no_order,), ()),)),
    ]


# Views ----------------------------------------------------------------------------------------------


def _method(
    view: v.ClassDef,
    name: str,
    params: tuple[v.Param, ...],
    returns: v.Expr,
    body: list[v.Stmt],
    problems: list[v.Unsupported],
) -> v.Def:
    place = view.name.range
    statements = tuple(body) or (v.Pass(place),)
    ident = v.Ident(place, name)
    return v.Def(place, ident, params, returns, None, statements, None, (), tuple(problems))


def _plain_parameter(place: SourceRange, name: str) -> v.Param:
    return v.Param(place, v.Ident(place, name), None, None, None)


def _of(owner: str, field: _Field) -> v.Select:
    return v.Select(field.range, v.Var(field.range, owner), v.Ident(field.range, field.name))


def _compare(left: v.Expr, op: str, right: v.Expr) -> v.Compare:
    return v.Compare(left.range, left, (op,), (right,))


def _return(place: SourceRange, value: bool) -> v.Return:
    return v.Return(place, v.Const(place, value))
