"""Settings (a pydantic model) as TOML, with their documentation as comments.

What is a table comes after the plain values: in TOML a key that follows a table belongs to it, so that a writer has to
move the key, away from its comment. For the same reason a setting whose value is a table is written in its line.
"""

from typing import Any

from pydantic import BaseModel

from danlu.kit.language import both


def render_model(model: BaseModel, *, explained: bool) -> str:
    """What differs from the defaults, or with `explained` every setting under its documentation."""
    import tomlkit

    document = tomlkit.document()
    _write_table(document, model, explained)
    return tomlkit.dumps(document)


def _write_table(table: Any, model: BaseModel, explained: bool) -> None:
    import tomlkit

    values = model.model_dump(mode="json")
    models = {name: value for name, value in model if isinstance(value, BaseModel)}
    for name, field in type(model).model_fields.items():
        if name in models:
            continue
        needed = field.is_required() or name in ("kind", "version") or getattr(model, name) != field.get_default()
        if not needed and not explained:
            continue
        for line in str(both(field.description)).splitlines() if explained else ():
            table.add(tomlkit.comment(line))
        if values[name] is None and field.get_default() is None:
            table.add(tomlkit.comment(f"{name} ="))
        elif isinstance(values[name], dict):
            table.add(name, _inline(values[name]))
        else:
            table.add(name, "" if values[name] is None else values[name])
    for name, value in models.items():
        inner = tomlkit.table()
        _write_table(inner, value, explained)
        if inner or explained:
            table.add(name, inner)


def _inline(values: dict[str, Any]) -> Any:
    import tomlkit

    table = tomlkit.inline_table()
    table.update(values)
    return table
