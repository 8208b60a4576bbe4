"""Rates of single matrices (LoRA+) and layers: which group each tensor is in, how far it moves, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lycoris.modules.locon import LoConModule

from adapter_variants import KINDS
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import Injection, inject
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.checkpoints.state import read_state
from danlu.families.find import load_base
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.optimizers.base import Optimizer
from danlu.optimizers.kinds.adamw import AdamW
from danlu.pipeline.plan import make_plan
from danlu.pipeline.report import write_report
from danlu.pipeline.train import resume, train
from danlu.recipe import merge
from danlu.rundir.events import AnyEvent, Started, Step
from danlu.rundir.journal import last_of, read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.groups import parameter_groups
from danlu.training.rates import Share
from small_world import make_recipe

MID = "lora_unet_mid_block_*"
TABLE = {"kind": "adamw", "lr": 1e-3, "text_encoder_lr": 5e-4, "lora_plus": 16.0, "rate_factors": {MID: 0.25}}


@pytest.fixture(scope="module")
def injection(base_folder: Path) -> Injection:
    return inject(load_base(str(base_folder), dtype=torch.float32), LoRA(rank=2), seed=0)


def final_hash(folder: RunFolder) -> str:
    return read_adapter(folder.checkpoints / "lora.safetensors").metadata["sshs_model_hash"]


def test_the_table_of_a_run(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """Planned, executed and told are the same groups, plain rates first."""
    recipe = make_recipe(dataset, base_folder, {"optimizer": TABLE, "training": {"length": "2 steps"}})
    folder, _ = train(recipe, tmp_path / "run")
    started = last_of(folder.journal, Started)
    assert started is not None
    rows = [(group.name, group.rate) for group in started.groups]
    assert [name for name, _ in rows] == [
        "unet",
        "unet (up)",
        "unet ×0.25",
        "unet ×0.25 (up)",
        "text_encoder",
        "text_encoder (up)",
    ]
    assert [rate for _, rate in rows] == pytest.approx([1e-3, 1.6e-2, 2.5e-4, 4e-3, 5e-4, 8e-3])
    plan = make_plan(recipe)
    assert [(group.name, group.rate) for group in plan.groups] == rows
    assert [group.layers for group in plan.groups] == [group.tensors for group in started.groups]
    assert sum(group.numbers for group in started.groups) == plan.trained_parameters
    steps = [event for event in read_journal(folder.journal) if isinstance(event, Step)]
    assert steps[0].rates["unet ×0.25 (up)"] == pytest.approx(4 * steps[0].rates["unet"])
    page = write_report(folder).read_text("utf-8")
    assert ">U-Net ×0.25 (up)</td>" in page and page.count("<polyline") == 4  # loss twice, a rate for each part
    arguments = json.loads(read_adapter(folder.checkpoints / "lora.safetensors").metadata["ss_network_args"])
    assert arguments == {"loraplus_lr_ratio": 16.0, "rate_factors": {MID: 0.25}}


def test_adams_first_step_moves_the_up_matrices_by_the_ratio(injection: Injection) -> None:
    """Adam's first step is the rate times the gradient's sign, whatever its size."""
    before = {name: tensor.clone() for name, tensor in injection.state().items()}
    config = AdamW(lr=1e-3, lora_plus=16, text_encoder_lora_plus=4, weight_decay=0, rate_factors={MID: 0.5})
    optimizer = config.build(parameter_groups(injection, config))
    generator = torch.Generator().manual_seed(0)
    for layer in injection.layers.values():
        for parameter in layer.tensors.values():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
    optimizer.step()
    for name, tensor in injection.state().items():
        layer, _, side = name.partition("/")
        ratio = 1 if side == "down" else 16 if layer.startswith("lora_unet") else 4
        expected = 1e-3 * ratio * (0.5 if "mid_block" in layer else 1)
        moved = (tensor - before[name]).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, expected), rtol=1e-3, atol=1e-7)


@settings(max_examples=25)
@given(
    factors=st.dictionaries(
        st.sampled_from([MID, "lora_te_*", "*_to_k", "*down_blocks*", "*"]), st.sampled_from([0.5, 1.0, 3.0])
    ),
    ratios=st.tuples(st.sampled_from([None, 1.0, 8.0]), st.sampled_from([None, 1.0, 2.0])),
)
def test_each_tensor_is_in_one_group_at_its_rate(
    injection: Injection, factors: dict[str, float], ratios: tuple[float | None, float | None]
) -> None:
    config = AdamW(lr=1.5e-3, rate_factors=factors, lora_plus=ratios[0], text_encoder_lora_plus=ratios[1])
    groups: list[dict[str, Any]] = parameter_groups(injection, config)
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    assert len({group["name"] for group in groups}) == len(groups)
    assert sum(len(group["params"]) for group in groups) == len(rates) == len(injection.state())
    for name, layer in injection.layers.items():
        plus = (ratios[1] if name.startswith("lora_te") else None) or ratios[0] or 1.0
        for side, parameter in layer.tensors.items():
            expected = 1.5e-3 * config.factor_of(name) * (plus if side == "up" else 1)
            assert rates[id(parameter)] == pytest.approx(expected)
    if set(factors.values()) <= {1.0} and set(ratios) <= {None, 1.0}:
        assert [group["name"] for group in groups] == ["unet", "text_encoder"]


def test_factors_of_1_are_no_table(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    ones = {"lora_plus": 1.0, "rate_factors": {MID: 1.0, "*": 1.0}}
    recipes = [
        make_recipe(dataset, base_folder, {"training": {"length": "3 steps"}, "optimizer": changes})
        for changes in ({}, ones)
    ]
    hashes = {final_hash(train(recipe, tmp_path / str(place))[0]) for place, recipe in enumerate(recipes)}
    assert len(hashes) == 1


def test_the_first_pattern_counts_and_names_stay_apart() -> None:
    config = AdamW(rate_factors={"*_to_k": 0.5, "*": 2.0})
    assert (config.factor_of("a_to_k"), config.factor_of("a_to_q")) == (0.5, 2.0)
    third = 1 / 3
    assert Share("unet", 0.333333).name == "unet ×0.333333" != Share("unet", third).name
    assert Share("unet", third).name == f"unet ×{third!r}"


@pytest.mark.parametrize("optimizer", [TABLE, {**TABLE, "kind": "schedulefree_adamw"}])
def test_stopped_and_resumed_ends_with_the_same_file(
    dataset: Path, base_folder: Path, tmp_path: Path, optimizer: dict[str, Any]
) -> None:
    limit = {} if optimizer["kind"] == "schedulefree_adamw" else {"max_weight_norm": 0.05, "ema": 0.9}
    changes = {"optimizer": optimizer, "schedule": {"kind": "constant"}, "training": {"length": "5 steps", **limit}}
    whole, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "whole")
    folder = RunFolder(tmp_path / "parts")

    def stop_after(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 2:
            folder.request("stop").parent.mkdir(exist_ok=True)
            folder.request("stop").touch()

    assert train(make_recipe(dataset, base_folder, changes), folder.root, listeners=[stop_after])[1] == "stopped"
    assert read_state(folder.state).step == 2
    assert resume(folder.root)[1] == "finished"
    assert final_hash(whole) == final_hash(folder)


def test_which_tensors_are_the_up_side() -> None:
    """Each kind's tensors on the side of the outputs, as they are called in files."""
    found = {name: sorted(kind.suffixes[tensor] for tensor in kind.up_side) for name, kind in KINDS.items()}
    assert {name: suffixes for name, suffixes in found.items() if suffixes} == {
        "lora": ["lora_up.weight"],
        "locon": ["lora_up.weight"],
        "dylora": ["lora_up.weight"],
        "loha": ["hada_w1_a", "hada_w2_a"],
        "lokr": ["lokr_w1_a", "lokr_w2_a"],
    }
    assert LoKr(rank=1).has_up_side((32, 32)) and not LoKr(rank=1, full_matrix=True).has_up_side((32, 32))


def test_lycoris_and_sd_scripts_raise_the_rate_of_the_same_tensors() -> None:
    """Both take what has `lora_up` in its name: all of our up side in files of lora, locon and dylora, nothing else."""
    for name in ("lora", "locon"):
        kind = KINDS[name]
        module = LoConModule("x", torch.nn.Conv2d(8, 8, 3), lora_dim=2, use_tucker=name == "locon")
        theirs = {key for key, _ in module.named_parameters() if "lora_up" in key}
        assert theirs == {kind.suffixes[tensor] for tensor in kind.up_side}


@pytest.mark.parametrize("kind", ["prodigy", "dadapt_adam", "dadapt_lion"])
def test_why_one_step_size_allows_no_unequal_rates(kind: str) -> None:
    """The library moves every group at the first one's rate (and the methods' authors' own raise an error)."""
    weights = [torch.nn.Parameter(torch.ones(4)) for _ in range(2)]
    groups = [{"name": str(place), "params": [weights[place]], "lr": 1.0 + 9 * place} for place in range(2)]
    config: Any = kinds_of(Optimizer)[kind]
    optimizer = config(weight_decay=0).build(groups)
    for _ in range(3):
        for weight in weights:
            weight.grad = torch.ones(4)
        optimizer.step()
    assert torch.equal(*weights) and not torch.equal(weights[0], torch.ones(4))


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"rate_factors": {"*": 0}}, "must be more than 0 and at most 1000, not 0: to leave layers", "adapter.exclude"),
        ({"rate_factors": {"*": float("nan")}}, "must be more than 0", "必须大于 0"),
        ({"lora_plus": 0}, "'optimizer.lora_plus' must be more than 0", "必须大于 0"),
        ({"kind": "prodigy", "lora_plus": 16}, "Prodigy estimates one step size for everything", "估计同一个步长"),
        ({"kind": "dadapt_lion", "text_encoder_lora_plus": 2}, "leave text_encoder_lora_plus out", "请删去"),
        ({"kind": "dadapt_adam", "rate_factors": {"*": 0.5}}, "leave rate_factors out", "rate_factors"),
    ],
)
def test_what_the_optimizer_refuses(
    dataset: Path, base_folder: Path, changes: dict[str, Any], english: str, chinese: str
) -> None:
    lr = {"lr": 1.0} if "kind" in changes else {}
    with pytest.raises(UserError) as caught:
        make_recipe(dataset, base_folder, {"optimizer": {**lr, **changes}})
    assert english in caught.value.text.en and chinese in caught.value.text.zh


def test_equal_rates_are_no_contradiction_to_one_step_size(dataset: Path, base_folder: Path) -> None:
    equal = {"kind": "prodigy", "lr": 1.0, "lora_plus": 1.0, "rate_factors": {"*": 1.0}}
    make_recipe(dataset, base_folder, {"optimizer": equal})


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"adapter": {"kind": "ia3"}}, "adapter.kind 'ia3' has none: leave it out", "“ia3”没有"),
        ({"adapter": {"kind": "oft"}}, "adapter.kind 'oft' has none: leave it out", "“oft”没有"),
        ({"adapter": {"kind": "lokr", "full_matrix": True}}, "all of them are whole", "完整矩阵"),
        ({"optimizer": {"rate_factors": {"*conv_out": 2}}}, "'*conv_out' matches none of the layers", "不符合任何"),
        ({"adapter": {"exclude": [MID]}, "optimizer": {"rate_factors": {MID: 2}}}, "that are trained", "被训练的层"),
        (
            {"adapter": {"text_encoder": False}, "optimizer": {"text_encoder_lora_plus": 2.0}},
            "text_encoder_lora_plus has no effect with adapter.text_encoder = false",
            "不起作用",
        ),
    ],
)
def test_what_names_nothing(
    dataset: Path, base_folder: Path, changes: dict[str, Any], english: str, chinese: str
) -> None:
    with pytest.raises(UserError) as caught:
        make_plan(make_recipe(dataset, base_folder, merge({"optimizer": {"lora_plus": 16.0}}, changes)))
    assert english in caught.value.text.en and chinese in caught.value.text.zh
