"""The table of what is trained at which rate."""

from pathlib import Path

import torch

from danlu.cli.display import tell
from danlu.kit.language import set_language
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import train
from danlu.rundir.events import ParameterGroup, Started
from danlu.rundir.journal import last_of
from danlu.training.groups import group_table
from small_world import make_recipe


def test_every_optimizer_has_a_table() -> None:
    for kind in kinds_of(Optimizer).values():
        config = kind()
        weights = [torch.nn.Parameter(torch.zeros(3, 4)), torch.nn.Parameter(torch.zeros(2, 5))]
        optimizer = config.build([{"name": "unet", "params": weights, "lr": config.lr}])
        row = ParameterGroup(name="unet", tensors=2, numbers=22, rate=config.lr, weight_decay=config.weight_decay)
        assert group_table(optimizer) == (row,)


def test_a_run_stores_and_tells_its_table(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    optimizer = {"kind": "lion", "lr": 3e-4, "text_encoder_lr": 5e-5, "weight_decay": 0.02}
    recipe = make_recipe(dataset, base_folder, {"optimizer": optimizer, "training": {"length": "1 steps"}})
    folder, _ = train(recipe, tmp_path / "run")
    started = last_of(folder.journal, Started)
    assert started is not None
    assert [(group.name, group.rate, group.weight_decay) for group in started.groups] == [
        ("unet", 3e-4, 0.02),
        ("text_encoder", 5e-5, 0.02),
    ]
    assert sum(group.numbers for group in started.groups) == make_plan(recipe).trained_parameters
    unet = started.groups[0]
    line = f"  unet: {unet.numbers:,} numbers in {unet.tensors} tensors, rate 0.0003, weight decay 0.02"
    assert (tell(started) or "").splitlines()[1] == line
    set_language("zh")
    assert f"unet：{unet.tensors} 个张量共 {unet.numbers:,} 个参数" in (tell(started) or "")
