"""A run from end to end on the tiny base: what lies in its folder, and that other programs draw the same from it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from danlu.adapters.files import read_adapter
from danlu.generation.pngtext import read_png
from danlu.kit.errors import UserError
from danlu.pipeline.plan import make_plan
from danlu.pipeline.session import training_seconds
from danlu.pipeline.train import resume, train
from danlu.rundir.events import Checkpoint, Ended, Preview, Stage, Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.weights.safetensor_files import model_hash
from diffusers_pictures import largest_difference
from small_world import make_dataset, make_recipe

PREVIEWS = {"previews": {"every": "1 epoch", "steps": 4, "prompts": ["zq, a", "zq, b c"], "cfg": 4.0}}


@pytest.fixture(scope="module")
def run(dataset: Path, base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder, outcome = train(make_recipe(dataset, base_folder, PREVIEWS), tmp_path_factory.mktemp("run") / "跑 一")
    assert outcome == "finished"
    return folder


def test_executes_its_plan(run: RunFolder, dataset: Path, base_folder: Path) -> None:
    plan = make_plan(make_recipe(dataset, base_folder, PREVIEWS))
    events = list(read_journal(run.journal))
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.step for step in steps] == list(range(1, plan.total_steps + 1))
    assert sum(step.images for step in steps) == plan.images_per_epoch * plan.epochs
    assert sum(isinstance(event, Checkpoint) for event in events) == plan.checkpoints
    assert sum(isinstance(event, Preview) for event in events) == plan.previews
    assert any(isinstance(event, Stage) and event.name == "load" and event.done == event.total > 0 for event in events)
    assert isinstance(events[-1], Ended)
    assert training_seconds(run) == pytest.approx(sum(step.seconds for step in steps))
    file = run.checkpoints / "lora.safetensors"
    tensors = sum(t.numel() for layer in read_adapter(file).layers.values() for k, t in layer.items() if k != "alpha")
    assert tensors == plan.trained_parameters


def test_file_says_what_it_is(run: RunFolder) -> None:
    file = read_adapter(run.checkpoints / "lora.safetensors")
    metadata = file.metadata
    assert metadata["ss_base_model_version"] == "narrow-sd15-16-32"
    assert metadata["ss_network_dim"] == "2"
    assert metadata["ss_epoch"] == "2"
    assert metadata["sshs_model_hash"] == model_hash(file.path)
    assert json.loads(metadata["ss_tag_frequency"])["2_小 猫🐱"]["zq"] == 5
    assert sum(bucket["count"] for bucket in json.loads(metadata["ss_bucket_info"])["buckets"].values()) == 10
    assert str(run.root) not in json.dumps(metadata)


def test_diffusers_draws_the_previews_from_the_file(run: RunFolder, base_folder: Path) -> None:
    """Acceptance: max difference 2/255 in float32, for every preview of the last epoch."""
    previews = sorted(run.preview_folder(2).glob("*.png"))
    assert all(read_png(path).adapters == (("lora", 1.0),) for path in previews)
    assert largest_difference(base_folder, run.checkpoints / "lora.safetensors", previews) <= 2
    base_pictures = [np.array(Image.open(path)) for path in sorted(run.preview_folder(None).glob("*.png"))]
    adapted = [np.array(Image.open(path)) for path in sorted(run.preview_folder(2).glob("*.png"))]
    assert any((one != other).any() for one, other in zip(base_pictures, adapted, strict=True))


def test_previews_do_not_change_what_is_learnt(
    run: RunFolder, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    plain, _ = train(make_recipe(dataset, base_folder), tmp_path / "plain")
    assert model_hash(plain.checkpoints / "lora.safetensors") == model_hash(run.checkpoints / "lora.safetensors")


def test_never_writes_over_a_run(run: RunFolder, dataset: Path, base_folder: Path) -> None:
    with pytest.raises(UserError, match="already holds a run"):
        train(make_recipe(dataset, base_folder), run.root)
    with pytest.raises(UserError, match="is finished"):
        resume(run.root)


def test_changed_dataset_is_not_resumed(base_folder: Path, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d")
    folder = RunFolder(tmp_path / "run")

    def stop(event: object) -> None:
        folder.request("stop").parent.mkdir(exist_ok=True)
        folder.request("stop").touch()

    assert train(make_recipe(dataset, base_folder), folder.root, listeners=[stop])[1] == "stopped"
    next((dataset / "2_小 猫🐱").glob("*.png")).unlink()
    with pytest.raises(UserError, match="its dataset changed since it began"):
        resume(folder.root)


def test_what_the_device_cannot_do_is_told_before_there_is_a_folder(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    """Else the folder of a run that never began would be in the way of the next try."""
    for training in ({"precision": "fp16"}, {"device": "xpu"}):
        with pytest.raises(UserError, match=r"doesn't work on the CPU|isn't there"):
            train(make_recipe(dataset, base_folder, {"training": training}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_no_space_is_told_before_anything_is_loaded(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(UserError, match=r"needs about [\d.]+ [KM]B, but its disk has 1.0 MB free") as caught:
        train(make_recipe(dataset, base_folder), tmp_path / "run")
    assert "磁盘只剩 1.0 MB" in caught.value.text.zh
    assert not (tmp_path / "run").exists()


def test_preservation_keeps_the_base_where_the_trigger_is_absent(base_folder: Path, tmp_path: Path) -> None:
    """With a heavy weight the adapter moves predictions for captions with the trigger, and hardly the others."""
    from danlu.adapters.injection import applied
    from danlu.datasets.manifest import ConceptFacts, update_manifest
    from danlu.families.find import load_base

    dataset = make_dataset(tmp_path / "d")
    update_manifest(dataset, concepts={"2_小 猫🐱": ConceptFacts(trigger="zq")})
    base = load_base(str(base_folder), dtype=torch.float32)
    noisy, steps = torch.randn(8, 4, 8, 8, generator=torch.Generator().manual_seed(1)), torch.full((8,), 700)

    def drift(weight: float) -> tuple[float, float]:
        changes = {"training": {"length": "60 steps", "batch_size": 6}, "objective": {"preservation": weight}}
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{weight}")
        file = read_adapter(folder.checkpoints / "lora.safetensors")
        moved: list[float] = []
        with torch.no_grad():
            for caption in ("zq, a, b", "a, b"):
                context = base.encode_captions([caption] * 8)
                alone = base.predict(noisy, steps, context)
                with applied(base, [(file, 1.0)]):
                    context = base.encode_captions([caption] * 8)
                    moved.append(float((base.predict(noisy, steps, context) - alone).square().mean()))
        return moved[0], moved[1]

    free_with, free_without = drift(0)
    kept_with, kept_without = drift(5)
    assert kept_without < 0.5 * free_without
    assert kept_without / kept_with < 0.8 * free_without / free_with


def test_trigger_in_no_caption_is_told(base_folder: Path, tmp_path: Path) -> None:
    from danlu.datasets.manifest import ConceptFacts, update_manifest

    dataset = make_dataset(tmp_path / "d")
    update_manifest(dataset, concepts={"2_小 猫🐱": ConceptFacts(trigger="没有")})
    with pytest.raises(UserError, match="appears in no caption") as caught:
        make_plan(make_recipe(dataset, base_folder))
    assert "没有出现在任何标注中" in caught.value.text.zh
    with pytest.raises(UserError, match="preservation needs a trigger"):
        make_plan(make_recipe(make_dataset(tmp_path / "e"), base_folder, {"objective": {"preservation": 1}}))


def test_corrupt_picture_is_named_and_skipped_on_request(base_folder: Path, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d")
    (dataset / "2_小 猫🐱" / "坏.png").write_bytes(b"not a picture")
    with pytest.raises(UserError, match=r"坏\.png"):
        make_plan(make_recipe(dataset, base_folder))
    plan = make_plan(make_recipe(dataset, base_folder, {"dataset": {"skip_broken": True}}))
    assert plan.concepts[0].pictures == 5


def test_picture_that_breaks_off_is_named(base_folder: Path, tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "d")
    picture = next((dataset / "2_小 猫🐱").glob("*.png"))
    picture.write_bytes(picture.read_bytes()[:-30])
    with pytest.raises(UserError, match=picture.name):
        train(make_recipe(dataset, base_folder), tmp_path / "run")
