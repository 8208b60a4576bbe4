"""Writes the documents that follow from the code, so that they can't disagree with it.

python docs/generate.py            write them
python docs/generate.py --check    exit with 1 if one of them is out of date
"""

import ast
import sys
from pathlib import Path

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from danlu.adapters.program_limits import IMPLIED, LIMITS, PROGRAMS, TRAITS, VERSIONS, Program, Trait
from danlu.adapters.programs import loadings
from danlu.cli.main import make_program
from danlu.cli.speech import SpokenCommand, SpokenGroup, commands_in, help_page
from danlu.generation.axis import Axis
from danlu.generation.drawing import MOST_CELLS, Drawing, StackedAdapter
from danlu.kit.language import Language, Text, both, label_of, pick, set_language
from danlu.kit.variants import Variant, kind_name, kinds_of
from danlu.recipe import Recipe

ROOT = Path(__file__).parent.parent
TREE_START, TREE_END = "<!-- tree: written by docs/generate.py -->", "<!-- end of tree -->"
PROGRAMS_START, PROGRAMS_END = "<!-- programs: written by docs/generate.py -->", "<!-- end of programs -->"
NOTICE = Text(
    "<!-- Written by docs/generate.py from the code: change the code, then run `make docs`. -->",
    "<!-- 由 docs/generate.py 根据代码生成：请修改代码后运行 `make docs`。 -->",
)


DRAWING_EXAMPLE = """prompt = "mychar, smile"
seed = 1

[[adapters]]
file = "run/checkpoints/mychar.safetensors"
weight = 0.8

[x]
kind = "weight"
values = [0, 0.4, 0.8, 1]

[y]
kind = "checkpoint"
files = ["run/checkpoints/mychar-000001.safetensors", "run/checkpoints/mychar.safetensors"]"""


def generated() -> dict[Path, str]:
    """Every generated document and its content."""
    documents = {ROOT / "ARCHITECTURE.md": architecture()}
    languages: tuple[tuple[Language, str], ...] = (("en", ""), ("zh", ".zh"))
    for language, ending in languages:
        set_language(language)
        documents[ROOT / "docs" / f"cli{ending}.md"] = command_line()
        documents[ROOT / "docs" / f"recipe{ending}.md"] = recipe_reference()
        documents[ROOT / "docs" / f"drawing{ending}.md"] = drawing_reference()
        adapters = ROOT / "docs" / "concepts" / f"adapters{ending}.md"
        documents[adapters] = with_part(adapters, PROGRAMS_START, PROGRAMS_END, program_table())
    set_language(None)
    return documents


def architecture() -> str:
    """ARCHITECTURE.md with its tree of modules written anew."""
    return with_part(ROOT / "ARCHITECTURE.md", TREE_START, TREE_END, module_tree())


def with_part(path: Path, start: str, end: str, part: str) -> str:
    """A document with what stands between two marks written anew."""
    before, _, rest = path.read_text("utf-8").partition(start)
    after = rest.partition(end)[2]
    return f"{before}{start}\n\n{part}\n{end}{after}"


def program_table() -> str:
    """What a file holds, and what each program does with it."""
    head = [pick("what the file holds", "文件内容"), *(f"{name} {VERSIONS[name]}" for name in PROGRAMS)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for trait, title in TRAITS.items():
        if any(one.trait == trait for one in LIMITS):
            cells = [_does(trait, program) for program in PROGRAMS]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _does(trait: Trait, program: Program) -> str:
    held: set[Trait] = {trait, *IMPLIED.get(trait, ())}
    loading = next(one for one in loadings(held, "sdxl") if one.program == program)
    if not loading.limits:
        return "✓"
    return pick("**refused**", "**拒绝**") if loading.outcome == "refused" else str(loading.worst.what)


def module_tree() -> str:
    """One line for each module: its place and the first sentence of its docstring."""
    package = ROOT / "src" / "danlu"
    lines: list[str] = []
    rooms = sorted(path for path in package.iterdir() if path.is_dir() and (path / "__init__.py").exists())
    for path in [*sorted(package.glob("*.py")), *rooms]:
        if path.is_dir():
            lines.append(f"\n**{path.name}/**\n")
            lines += [_module_line(module, path) for module in sorted(path.rglob("*.py")) if module.stat().st_size]
        elif path.stat().st_size:
            lines.append(_module_line(path, package))
    return "\n".join(lines) + "\n"


def _module_line(module: Path, room: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    first = " ".join(docstring.split("\n\n")[0].split())
    return f"- `{module.relative_to(room).as_posix()}`: {first}"


def command_line() -> str:
    """The help pages of all commands."""
    program = make_program()
    root = click.Context(program, info_name="danlu")
    parts = [str(NOTICE), "", pick("# Command line", "# 命令行"), "", *_page(program, root)]
    for words, command in commands_in(program):
        context = click.Context(command, info_name=" ".join(words), parent=root)
        parts += [f"## danlu {' '.join(words)}", "", *_page(command, context)]
    return "\n".join(parts)


def _page(command: click.Command, context: click.Context) -> list[str]:
    assert isinstance(command, SpokenCommand | SpokenGroup)
    return ["```text", click.unstyle(help_page(command, context, width=100)), "```", ""]


def recipe_reference() -> str:
    """Every setting of a recipe: table by table, with its default and its help."""
    intro = pick(
        "A recipe is a TOML file. Unknown keys are errors; `--set table.key=value` overrides one of them.",
        "配方是一个 TOML 文件。未知的键会报错；可用 `--set 表.键=值` 临时覆盖某一项。",
    )
    title = pick("# Recipe reference", "# 配方参考")
    return "\n".join([str(NOTICE), "", title, "", intro, "", *_settings("", Recipe)])


def drawing_reference() -> str:
    """Everything that a drawing's file can say, and each kind of axis."""
    intro = pick(
        "What `danlu grid` draws stands in a file (TOML or JSON): the settings of one picture, and up to three axes "
        f"`x`, `y` and `z` along which they change. A grid has {MOST_CELLS} pictures at most. Relative "
        "adapter files begin where the file lies.",
        "`danlu grid` 要出的图写在一个文件里（TOML 或 JSON）：一张图片的各项设置，以及至多三条轴 `x`、`y`、`z`，"
        f"设置沿轴变化。一个网格最多 {MOST_CELLS} 张图片。LoRA 的相对路径以该文件所在文件夹为起点。",
    )
    title = pick("# Drawing reference", "# 出图文件参考")
    settings = [*_rows(Drawing), "", "## `[[adapters]]`", "", _one_line(StackedAdapter.__doc__), ""]
    settings += [*_rows(StackedAdapter), ""]
    example = ["```toml", *DRAWING_EXAMPLE.splitlines(), "```"]
    return "\n".join([str(NOTICE), "", title, "", intro, "", *example, "", *settings, *_choice("x", Axis)])


def _head() -> list[str]:
    return [pick("| key | name | default | meaning |", "| 键 | 名称 | 默认值 | 含义 |"), "|---|---|---|---|"]


def _row(name: str, field: FieldInfo) -> str:
    label = label_of(field.description) or "–"
    return f"| `{name}` | {label} | {_default(field)} | {_one_line(field.description)} |"


def _rows(model: type[BaseModel]) -> list[str]:
    return [*_head(), *(_row(name, field) for name, field in model.model_fields.items())]


def _settings(table: str, model: type[BaseModel]) -> list[str]:
    lines: list[str] = []
    inner: list[tuple[str, type[BaseModel]]] = []
    if table:
        lines += [f"## `[{table}]`", "", _one_line(model.__doc__), ""]
    rows: list[str] = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            inner.append((f"{table}.{name}" if table else name, annotation))
        else:
            rows.append(_row(name, field))
    if rows:
        lines += [*_head(), *rows, ""]
    for path, kind in inner:
        lines += _choice(path, kind) if issubclass(kind, Variant) else _settings(path, kind)
    return lines


def _choice(table: str, family: type[Variant]) -> list[str]:
    kinds = kinds_of(family)
    lines = [f"## `[{table}]`", "", _one_line(family.__doc__), ""]
    for kind in kinds.values():
        lines += [f'### `kind = "{kind_name(kind)}"`', "", _one_line(kind.__doc__), ""]
        lines += [*_head()]
        for name, field in kind.model_fields.items():
            if name != "kind":
                lines.append(_row(name, field))
        lines.append("")
    return lines


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return pick("required", "必填")
    default = field.get_default(call_default_factory=True)
    if default is None or default in ("", ()):
        return "–"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _one_line(docstring: str | None) -> str:
    return " ".join(str(both(docstring)).split()).replace("|", "\\|")


def main() -> int:
    """Write the documents, or check them."""
    stale = 0
    for path, content in generated().items():
        content = content.rstrip() + "\n"
        if path.exists() and path.read_text("utf-8") == content:
            continue
        stale += 1
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
        else:
            path.write_text(content, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
