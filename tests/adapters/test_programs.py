"""The table of what other programs do with files: each kind and switch meets its limits."""

import json
from pathlib import Path

import pytest

from adapter_making import make_adapter
from adapter_variants import KINDS, VARIANTS
from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.kinds.full import Full
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.lokr import LoKr
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.program_limits import LIMITS, PROGRAMS, TRAITS
from danlu.adapters.programs import filed_layers, loadings, planned_layers, tell_losses, traits_of
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.families.find import find_base

EVERYWHERE = {"lora", "lora rs_lora", "locon", "locon rs_lora", "dylora", "dylora rs_lora"}


def losers(adapter: Adapter, family: str = "sd15") -> dict[str, str]:
    _, facts = find_base("danlu-mini")
    traits = traits_of(planned_layers(choose_layers(adapter, planned_targets(facts))))
    return {one.program: one.outcome for one in loadings(traits, family) if one.outcome != "whole"}


@pytest.mark.parametrize(("name", "adapter"), VARIANTS.items(), ids=VARIANTS)
def test_a_plan_and_its_file_say_the_same(name: str, adapter: Adapter, tmp_path: Path) -> None:
    _, facts = find_base("danlu-mini")
    few = adapter.model_copy(update={"include": ("*down_blocks_0_*_0_*", "*encoder_layers_0*")})
    planned = traits_of(planned_layers(choose_layers(few, planned_targets(facts))))
    assert planned == traits_of(filed_layers(read_adapter(make_adapter(facts, few, tmp_path / "a.safetensors"))))
    assert (not losers(adapter)) == (name in EVERYWHERE)


@pytest.mark.parametrize(
    ("adapter", "family", "expected"),
    [
        (LoRA(dora=True), "sd15", {"diffusers": "partly"}),
        (LoRA(norms=True), "sd15", {"Forge": "refused", "ComfyUI": "partly", "diffusers": "refused"}),
        (LoRA(norms=True, text_encoder=False), "sd15", {"diffusers": "refused"}),
        (LoRA(norms=True, exclude=("lora_te*norm*",)), "sdxl", {"diffusers": "refused"}),
        (Norm(), "sd2", {"A1111": "partly", "Forge": "refused", "ComfyUI": "partly", "diffusers": "refused"}),
        (Full(biases=False, text_encoder=False), "sd15", {"A1111": "refused", "diffusers": "refused"}),
        (IA3(), "sd15", {"Forge": "refused", "ComfyUI": "refused", "diffusers": "refused"}),
        (IA3(norms=True), "sd15", {"Forge": "refused", "ComfyUI": "partly", "diffusers": "refused"}),
        (LoKr(full_matrix=True), "sd15", {"diffusers": "refused"}),
        (LoKr(rank=1), "sd15", {"InvokeAI": "refused", "diffusers": "refused"}),
    ],
)
def test_what_is_lost_where(adapter: Adapter, family: str, expected: dict[str, str]) -> None:
    assert losers(adapter, family) == expected


def test_the_way_out_is_one() -> None:
    """What the note advises for norms of text encoders is taken by the recipe, and Forge reads the file then."""
    traits = traits_of(
        planned_layers(choose_layers(Norm(exclude=("lora_te*norm*",)), planned_targets(find_base("danlu-mini")[1])))
    )
    assert traits == {"norms"}


def test_every_trait_has_its_words_and_every_limit_its_sentence() -> None:
    assert {one.trait for one in LIMITS} <= TRAITS.keys()
    for limit in LIMITS:
        assert limit.what.en and limit.what.zh and limit.way.en and limit.way.zh
        assert set(limit.programs) <= set(PROGRAMS)
    told = tell_losses({"ia3"}, "sd15", planned=True)
    assert any(
        one.en.startswith("Forge, diffusers: the whole file is refused, since (IA)³ can't be read; ") for one in told
    )
    assert all(any("一" <= sign <= "鿿" for sign in one.zh) for one in told)


def test_the_table_is_what_the_programs_own_code_did() -> None:
    """`bench/results/programs.json` is measured by `bench/programs.py`, where the programs are."""
    measured = json.loads((Path(__file__).parents[2] / "bench" / "results" / "programs.json").read_text("utf-8"))
    told = {
        (program, family, name): next(
            one.outcome for one in loadings(measured["traits"][family][name], family) if one.program == program
        )
        for program, families in measured["programs"].items()
        for family, files in families.items()
        for name in files
    }
    assert {key: measured["programs"][key[0]][key[1]][key[2]]["outcome"] for key in told} == told
    assert len(told) == 4 * 3 * len(next(iter(measured["traits"].values())))
    assert {name.split()[0] for name in measured["traits"]["sd15"]} == set(KINDS)
