"""A studio filled through its API: what tests and screenshots begin with that isn't their own matter."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from browser.studio import RunningStudio
from danlu.kit.places import data_folder

TRIGGER = "danluhero"
BASE = "danlu-mini"


def samples(name: str = "character") -> list[Path]:
    """The pictures that ship with the program."""
    return sorted((data_folder() / "samples" / name).glob("*.png"))


def add_dataset(
    studio: RunningStudio, name: str, pictures: list[Path], captions: list[str] | None = None
) -> dict[str, Any]:
    """A dataset of these pictures, with captions if given."""
    dataset = studio.api("POST", "/datasets", json={"name": name})
    files = [("files", (path.name, path.read_bytes())) for path in pictures]
    files += [
        ("files", (f"{path.stem}.txt", text.encode())) for path, text in zip(pictures, captions or [], strict=False)
    ]
    report = studio.api("POST", f"/datasets/{dataset['id']}/pictures", files=files)
    assert len(report["taken"]) == len(pictures), report
    return dataset


def small_dataset(studio: RunningStudio, name: str = "小丹 Danlu") -> dict[str, Any]:
    """Two pictures with captions: the least that a training needs."""
    return add_dataset(studio, name, samples()[:2], [f"{TRIGGER}, smile", f"{TRIGGER}, glasses"])


def order_training(
    studio: RunningStudio, dataset: str, name: str, length: str, /, **changes: dict[str, Any]
) -> dict[str, Any]:
    """Hand in a training on the embedded base; `changes` are made to the recipe's tables. The job."""
    order = {"dataset_id": dataset, "base": BASE, "theme": "anime"}
    recipe = studio.api("POST", "/recipes/draft", json=order)["recipe"]
    for table, values in {**changes, "training": {"length": length, **changes.get("training", {})}}.items():
        recipe[table] = {**recipe.get(table, {}), **values}
    new = {"kind": "train", "dataset_id": dataset, "recipe": recipe, "name": name}
    return studio.api("POST", "/jobs", json=new)


def endless_training(studio: RunningStudio, dataset: str, name: str) -> dict[str, Any]:
    """A training that no test outlives: its steps are quick, it draws nothing, and often saves where it can go on."""
    quick = {"training": {"batch_size": 1}, "previews": {"every": "never"}, "checkpoints": {"every": "10 steps"}}
    return order_training(studio, dataset, name, "3000 steps", **quick)


def publish(studio: RunningStudio, run: str) -> str:
    """Publish a finished training with the previews of its last epoch; the model's id."""
    draft = studio.api("GET", f"/runs/{run}/model")
    last = studio.api("GET", f"/runs/{run}/previews")["rows"][-1]["pictures"]
    previews = [unquote(one["url"].partition("/files/")[2]) for one in last if one]
    order = {"run_id": run, "checkpoint": draft["checkpoint"], "name": draft["name"], "previews": previews}
    card = {"description": "A drawn hero.\n画出来的主角。", "licence": "cc-by-4.0", "listed": True}
    return studio.api("POST", "/models", json={**order, **card})["id"]


def order_grid(studio: RunningStudio, run: str, steps: int) -> str:
    """Draw a small grid with the last LoRA of a run, and wait for it; its id."""
    adapter = next(one for one in studio.api("GET", "/adapters") if one["id"] == run)
    drawing = {
        "kind": "draw",
        "prompt": f"{TRIGGER}, smile",
        "steps": steps,
        "adapters": [{"file": adapter["files"][-1]["file"], "weight": 0.8}],
        "x": {"kind": "weight", "values": [0, 0.5, 1]},
        "y": {"kind": "seed", "values": [1, 2]},
    }
    job = studio.api("POST", "/jobs", json=drawing)["id"]
    assert studio.ended(job)["state"] == "succeeded"
    return job


def fill(studio: RunningStudio, epochs: int = 1, steps: int = 1) -> dict[str, str]:
    """A studio as after some days of use; the ids of what is in it. The training at work is held as it is.

    epochs: of the finished training; steps: of its previews' sampling.
    """
    dataset = add_dataset(studio, "小丹 Danlu", samples())["id"]
    untagged = add_dataset(studio, "水彩 watercolour", samples("style"))["id"]
    empty = studio.api("POST", "/datasets", json={"name": "还没有图片 nothing yet"})["id"]
    crop = {"kind": "crop", "dataset_id": dataset, "base": BASE}
    tag = {"kind": "tag", "dataset_id": dataset, "trigger": TRIGGER}
    for order in (crop, tag):
        assert studio.ended(studio.api("POST", "/jobs", json=order)["id"])["state"] == "succeeded"
    small = {"dataset": {"repeats": epochs}, "previews": {"steps": steps}}
    finished = order_training(studio, dataset, "小丹 v1", f"{epochs} epochs", **small)
    assert studio.ended(finished["id"])["state"] == "succeeded"
    model = publish(studio, finished["run_id"])
    drawing = order_grid(studio, finished["run_id"], steps)
    stopped = order_training(studio, dataset, "小丹 v2 higher rate", "9 epochs", optimizer={"lr": 1e-2}, **small)
    studio.wait(stopped["id"], lambda job: studio.has_preview(job["run_id"]))
    studio.kill_jobs()
    assert studio.ended(stopped["id"])["state"] == "interrupted"
    running = order_training(studio, dataset, "小丹 v3", "9 epochs", **small)
    waiting = order_training(studio, dataset, "小丹 v4", "5 epochs")
    studio.api("POST", "/jobs", json={**tag, "dataset_id": untagged, "trigger": "inkstyle"})
    studio.wait(running["id"], lambda job: job["progress"] and job["progress"]["done"] > 7 * (epochs - 1) + 1)
    studio.hold_jobs()
    names = {"finished": finished, "stopped": stopped, "running": running, "waiting": waiting}
    runs = {name: job["run_id"] for name, job in names.items()}
    made = {"dataset": dataset, "untagged": untagged, "empty": empty, "model": model, "drawing": drawing}
    return {**made, **runs}
