"""Which epoch of a run is the best: what was measured, and what its owner has chosen."""

from fastapi import APIRouter

from danlu.kit.language import Text
from danlu.store.runs import pick_checkpoint
from danlu.studio.context import OwnedRun, TheStudio, run_folder
from danlu.studio.journals import journal_of
from danlu.studio.judgement import show_judgement
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.runs import JudgementShape, Pick

router = APIRouter(tags=["runs"])


@router.get("/runs/{run_id}/judgement")
def get_judgement(run: OwnedRun, studio: TheStudio) -> JudgementShape:
    """What was measured of each kept epoch, which is best and why, and whether the run is over- or underfitted.

    The figures are there once a job of kind `judge` is done; the loss on held-out pictures speaks without it.
    """
    return show_judgement(run, run_folder(studio, run))


@router.put("/runs/{run_id}/pick")
def put_pick(pick: Pick, run: OwnedRun, studio: TheStudio) -> Pick:
    """Choose the adapter file that is published and tried unless another is named; null takes the choice back."""
    folder = run_folder(studio, run)
    there = [folder.root / one.path for one in journal_of(folder).checkpoints.values()]
    if pick.checkpoint is not None and not any(one.name == pick.checkpoint and one.is_file() for one in there):
        text = Text("This training has no such LoRA file.", "该训练没有这个 LoRA 文件。")
        raise ProblemError(404, "missing", text, field="checkpoint")
    pick_checkpoint(studio.database, run.id, pick.checkpoint)
    return pick
