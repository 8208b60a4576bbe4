"""What a base predicts, and on which noise schedule, is found out from markers, metadata or weights, or told."""

from functools import cache
from pathlib import Path

import pytest
import torch
from diffusers import EulerDiscreteScheduler

import tiny_families
from danlu.families.find import find_base, load_base
from danlu.families.schedule import make_alphas_cumprod, with_zero_terminal_snr
from danlu.kit.errors import UserError
from tiny_families import save_single_file

make_pipeline = cache(tiny_families.make_pipeline)
MARKS = {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])}


def test_markers_of_v_prediction(tmp_path: Path) -> None:
    """As NoobAI's v-prediction files carry them."""
    pipeline, file = make_pipeline("sdxl"), tmp_path / "noob.safetensors"
    _, plain = find_base(str(save_single_file(pipeline, file)))
    assert (plain.prediction, plain.zero_terminal_snr) == ("epsilon", False)
    _, marked = find_base(str(save_single_file(pipeline, file, extra={"v_pred": MARKS["v_pred"]})))
    assert (marked.prediction, marked.zero_terminal_snr) == ("v_prediction", False)
    base = load_base(str(save_single_file(pipeline, file, extra=MARKS)), dtype=torch.float32)
    assert (base.facts.prediction, base.facts.zero_terminal_snr) == ("v_prediction", True)
    assert base.alphas_cumprod[-1] == 0
    _, overruled = find_base(str(file), prediction="epsilon")
    assert (overruled.prediction, overruled.zero_terminal_snr) == ("epsilon", False)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"modelspec.prediction_type": "v"}, "v_prediction"),
        ({"modelspec.prediction_type": "epsilon"}, "epsilon"),
        ({"modelspec.architecture": "stable-diffusion-v2-768-v"}, "v_prediction"),
        ({}, "epsilon"),
    ],
)
def test_metadata(tmp_path: Path, metadata: dict[str, str], expected: str) -> None:
    file = save_single_file(make_pipeline("sd2"), tmp_path / "a.safetensors", metadata=metadata)
    assert find_base(str(file))[1].prediction == expected


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_sd2_by_the_spread_of_a_norm(tmp_path: Path, dtype: torch.dtype) -> None:
    """ComfyUI's rule for SD2 files, which carry no marker."""
    pipeline = make_pipeline("sd2")
    bias = pipeline.unet.up_blocks[-1].attentions[-1].transformer_blocks[0].norm1.bias
    for spread, expected in ((0.05, ("epsilon", 512)), (0.2, ("v_prediction", 768))):
        with torch.no_grad():
            bias.copy_(torch.linspace(-1, 1, len(bias)) * spread * 3**0.5)
        _, facts = find_base(str(save_single_file(pipeline, tmp_path / "a.safetensors", dtype=dtype)))
        assert (facts.prediction, facts.native_px) == expected


def test_folders_say_it(tmp_path: Path) -> None:
    scheduler = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    pipeline = make_pipeline("sdxl")
    usual = pipeline.scheduler
    pipeline.scheduler = EulerDiscreteScheduler.from_config(usual.config, **scheduler)
    pipeline.save_pretrained(tmp_path)
    pipeline.scheduler = usual
    _, facts = find_base(str(tmp_path))
    assert (facts.prediction, facts.zero_terminal_snr) == ("v_prediction", True)
    file = tmp_path / "scheduler" / "scheduler_config.json"
    text = file.read_text()
    for old, new, said in (("v_prediction", "sample", "'sample'"), ("scaled_linear", "linear", "'linear'")):
        file.write_text(text.replace(old, new))
        with pytest.raises(UserError, match=said):
            find_base(str(tmp_path))


def test_schedules_are_those_of_diffusers() -> None:
    settings = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    for rescaled in (False, True):
        theirs = EulerDiscreteScheduler(**settings, rescale_betas_zero_snr=rescaled).alphas_cumprod
        ours = make_alphas_cumprod({}, zero_terminal_snr=rescaled)
        torch.testing.assert_close(ours[:-1].float(), theirs[:-1], rtol=1e-4, atol=1e-7)
    assert ours[-1] == 0
    assert float(ours[-2]) == pytest.approx(1.97e-7, rel=0.02)
    plain = make_alphas_cumprod({}, zero_terminal_snr=False)
    assert float(with_zero_terminal_snr(plain)[0]) == pytest.approx(float(plain[0]))
