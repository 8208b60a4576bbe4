"""Training a recipe."""

from typing import Any, ClassVar, Literal, Self

from danlu.jobs.attempts import Attempt
from danlu.jobs.base import Order, Workplace
from danlu.kit.files import write_atomically
from danlu.recipe import parse_recipe, render_recipe
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder


class TrainOrder(Order):
    """Train a recipe.
    中文: 按配方训练。
    """

    can_stop: ClassVar[bool] = True

    kind: Literal["train"] = "train"
    recipe: dict[str, Any]
    extend: str | None = None
    """How much longer than planned, if it goes on after its end."""
    accept_changes: bool = False
    """Whether it goes on although something changed since it was saved."""
    expected_seconds: float | None = None

    def command(self, place: Workplace) -> list[str]:
        """A run that has begun goes on (`danlu resume`); one that hasn't is trained from its recipe (`danlu train`)."""
        run = place.require_run()
        if run.journal.exists() and run.recipe.exists() and run.plan.exists():
            accepted = ["--accept-changes"] if self.accept_changes else []
            return ["resume", str(run.root), *(["--extend", self.extend] if self.extend else []), *accepted]
        file = place.folder / "recipe.toml"
        write_atomically(file, render_recipe(parse_recipe(self.recipe, "recipe")))
        return ["train", str(file), "--run", str(run.root)]

    def expected(self) -> float | None:
        """As planned."""
        return self.expected_seconds

    def left(self, run: RunFolder | None, attempt: Attempt) -> Self:
        """A run that got longer, which writes its recipe anew, isn't asked to again; one that refused is. What it has
        saved since is with the changes that were accepted.
        """
        if run is None:
            return self
        extend = None if attempt.wrote_recipe(run) else self.extend
        saved = any(isinstance(event, Checkpoint) for event in read_journal(run.journal, attempt.journal))
        return self.model_copy(update={"extend": extend, "accept_changes": self.accept_changes and not saved})
