"""Ordering a judgement."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.jobs.kinds.judge import JudgeOrder
from danlu.kit.language import Text
from danlu.store.runs import find_run
from danlu.studio.bases import find_tagger_of
from danlu.studio.context import Studio, run_folder
from danlu.studio.journals import journal_of
from danlu.studio.orders.base import NewJob, Placed
from danlu.studio.problems import ProblemError


class NewJudgement(NewJob):
    """A training whose epochs are to be judged.
    中文: 要评估的训练。
    """

    kind: Literal["judge"] = "judge"
    run_id: str
    tagger: str = "danlu-mini-tagger"
    """Id of the tagger that looks at the pictures."""
    seeds: Annotated[int, Field(ge=4, le=1024)] = 64
    """Pictures for each figure: more take longer and tell more surely."""

    def place(self, studio: Studio, owner: str) -> Placed:
        """Of a run that has kept at least one epoch."""
        run = find_run(studio.database, owner, self.run_id)
        if run is None:
            raise ProblemError(404, "missing", Text("There is no such training.", "没有这个训练。"), field="run_id")
        folder = run_folder(studio, run)
        if not any((folder.root / one.path).is_file() for one in journal_of(folder).checkpoints.values()):
            text = Text("This training has kept no epoch yet.", "该训练还没有保存任何一轮。")
            raise ProblemError(409, "conflict", text, field="run_id")
        tagger = find_tagger_of(studio, owner, self.tagger).path
        order = JudgeOrder(run_id=run.id, folder=str(folder.root), tagger=tagger, seeds=self.seeds)
        return Placed(order, dataset_id=None)
