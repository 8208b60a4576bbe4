"""What other programs do with Danlu's files: `python bench/programs.py --comfyui FOLDER --forge FOLDER --a1111 FOLDER`.

For every adapter kind with each of its switches, and all three families, a file is made for a narrow base of the real
structure and loaded by the program's own code (`program_readers/`, a process for each). Each layer's change of weight
and bias is compared with ours, at strength 1 and 0.6. The result is the evidence for `adapters/program_limits.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
sys.path.insert(0, str(TESTS))

import torch  # noqa: E402
import transformers  # noqa: E402
from diffusers import UNet2DConditionModel  # noqa: E402
from machine import save  # noqa: E402

import tiny_families  # noqa: E402
from adapter_making import make_adapter  # noqa: E402
from adapter_variants import VARIANTS  # noqa: E402
from danlu.adapters.base import Adapter  # noqa: E402
from danlu.adapters.files import own_tensors, read_adapter, settings_in  # noqa: E402
from danlu.adapters.kinds.ia3 import IA3  # noqa: E402
from danlu.adapters.kinds.locon import LoCon  # noqa: E402
from danlu.adapters.kinds.lokr import LoKr  # noqa: E402
from danlu.adapters.kinds.norm import Norm  # noqa: E402
from danlu.adapters.program_limits import VERSIONS  # noqa: E402
from danlu.adapters.programs import filed_layers, traits_of  # noqa: E402
from danlu.adapters.targets import planned_targets  # noqa: E402
from danlu.families.base import BaseFacts, Family  # noqa: E402
from danlu.families.find import find_base  # noqa: E402
from danlu.kit.variants import kinds_of  # noqa: E402
from danlu.weights.original_unet import unet_modules  # noqa: E402

WIDTH = 64
PROGRAMS = {"comfyui": "ComfyUI", "forge": "Forge", "a1111": "A1111"}
INSTALLED = {"diffusers": "diffusers"}
TEXT_LAYERS = 12
FILES: dict[str, Adapter] = {
    **VARIANTS,
    "norm without biases": Norm(biases=False),
    "norm of the U-Net": Norm(exclude=("lora_te*norm*",)),
    "ia3 of convolutions": IA3(targets="full", include=()),
    "lokr low-rank": LoKr(rank=1, targets="full"),
    "lokr low-rank tucker": LoKr(rank=1, targets="full", tucker=True),
    "locon tucker dora": LoCon(rank=2, tucker=True, dora=True),
}


def main() -> None:
    """Make the files, let each program load them, and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in PROGRAMS:
        parser.add_argument(f"--{name}", type=Path, help="its folder, checked out")
    given = {name: folder for name, folder in vars(parser.parse_args()).items() if folder is not None}
    torch.set_num_threads(1)
    if not given:
        print("Nothing done: give the folder of at least one program.")
        return
    given |= dict.fromkeys(INSTALLED, HERE)
    names = PROGRAMS | INSTALLED
    results: dict[str, Any] = {names[name]: {} for name in given}
    traits: dict[str, dict[str, list[str]]] = {}
    with tempfile.TemporaryDirectory() as work:
        for family in tiny_families.FAMILIES:
            place = Path(work) / family
            place.mkdir()
            traits[family] = make_files(family, place)
            for name, folder in given.items():
                results[names[name]][family] = run(name, folder, place)
    what = "outcomes, and how many layers change as they should, for narrow bases of the real structure"
    save("programs", {"what": what, "versions": VERSIONS, "traits": traits, "programs": results})


def make_files(family: str, place: Path) -> dict[str, list[str]]:
    """A base, all adapters for it, and what each has to do to which layer; gives what each file holds."""
    pipeline = make_base(family)
    tiny_families.save_single_file(pipeline, place / "base.safetensors")
    _, facts = find_base(str(place / "base.safetensors"))
    weights = {name: weights_of(getattr(pipeline, name)) for name in ("unet", *facts.text_encoders)}
    layers = layers_of(facts)
    torch.save({"weights": weights, "layers": layers, "family": family}, place / "base.pt")
    found: dict[str, list[str]] = {}
    for number, (name, adapter) in enumerate(FILES.items()):
        path = make_adapter(facts, adapter, place / f"{number:02}.safetensors")
        file = read_adapter(path)
        found[name] = sorted(traits_of(filed_layers(file)))
        torch.save({"name": name, "changes": changes_of(file, layers, weights)}, place / f"{number:02}.pt")
    return found


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    """A component's weights by the paths that Danlu has for its layers, also where it wraps a text model."""
    return {name.removeprefix("text_model."): tensor for name, tensor in model.state_dict().items()}


def make_base(family: str) -> Any:
    """U-Net, VAE and text encoders of the real structure and narrow, all numbers random."""
    torch.manual_seed(1)
    config: dict[str, Any] = dict(kinds_of(Family)[family].usual_blocks)
    config.pop("transformer_depths", None)
    levels = len(config["down_block_types"])
    if family == "sdxl":
        config |= {
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 96 + 6 * 256,
            "transformer_layers_per_block": (1, 2, 3),
        }
    unet = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(WIDTH,) * levels,
        cross_attention_dim=192 if family == "sdxl" else WIDTH,
        attention_head_dim=8 if family == "sd15" else (1,) * levels,
        use_linear_projection=family != "sd15",
        **config,
    )
    text = tiny_families._text_config(WIDTH, open_clip=family == "sd2")
    text.num_hidden_layers = TEXT_LAYERS
    parts = {"unet": unet, "vae": tiny_families._vae(0.18215), "text_encoder": transformers.CLIPTextModel(text)}
    if family == "sdxl":
        second = tiny_families._text_config(128, open_clip=True)
        second.num_hidden_layers = TEXT_LAYERS
        parts["text_encoder_2"] = transformers.CLIPTextModelWithProjection(second)
    base = SimpleNamespace(**parts)
    tiny_families._shake(base)
    return base


def layers_of(facts: BaseFacts) -> dict[str, tuple[str, str, str]]:
    """Each layer by its name in a file: component, path, and for the U-Net the path in the original layout."""
    original = {own: old for old, own in unet_modules(facts.components["unet"].config).items()}
    found: dict[str, tuple[str, str, str]] = {}
    for target in planned_targets(facts):
        module = target.path
        while target.component == "unet" and module not in original:
            module = module.rpartition(".")[0]
        old = original[module] + target.path[len(module) :] if target.component == "unet" else ""
        found[target.name] = (target.component, target.path, old)
    return found


def changes_of(file: Any, layers: Any, weights: Any) -> dict[str, tuple[torch.Tensor, torch.Tensor | None]]:
    """ΔW and Δb of each layer, as Danlu works them out."""
    changes: dict[str, tuple[torch.Tensor, torch.Tensor | None]] = {}
    for name, adapter in settings_in(file).items():
        component, path, _ = layers[name]
        own = own_tensors(adapter, file.layers[name])
        weight = weights[component][f"{path}.weight"]
        changes[name] = (adapter.delta(own, weight), adapter.bias_delta(own))
    return changes


def run(name: str, folder: Path, place: Path) -> dict[str, Any]:
    """What a program does with all files of a family."""
    command = [sys.executable, str(HERE / "program_readers" / "load.py"), name, str(folder.resolve()), str(place)]
    found_here = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (HERE, TESTS)))}
    done = subprocess.run(command, env=found_here, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-3000:]}")
    found = json.loads((place / f"{name}.json").read_text("utf-8"))
    if found["lora"]["outcome"] != "whole":
        raise SystemExit(f"{name}: a plain LoRA isn't read, so this program isn't asked rightly: {found['lora']}")
    return found


if __name__ == "__main__":
    main()
