"""What a file is that holds no adapter for the families that Danlu knows, told by the names of its tensors.

In: keys. Out: a sentence's subject in both languages, or None if no mark of `MARKS` is there. Another architecture or
kind of file that people mix up with a LoRA is another line.
"""

import re
from collections.abc import Iterable

from danlu.kit.language import Text

MARKS: tuple[tuple[str, Text], ...] = (
    (r"lllite_", Text("a ControlNet-LLLite", "ControlNet-LLLite")),
    (
        r"control_model\.|controlnet_|input_hint_block|zero_convs|lora_controlnet",
        Text("a ControlNet", "ControlNet"),
    ),
    (r"ip_adapter\.|image_proj\.", Text("an IP-Adapter", "IP-Adapter")),
    (r"adapter\.body\.|^body\.\d+\.", Text("a T2I-Adapter", "T2I-Adapter")),
    (r"motion_modules", Text("a motion module (AnimateDiff)", "AnimateDiff 运动模块")),
    (r"distilled_guidance_layer", Text("a file for Chroma", "Chroma 的文件")),
    (
        r"(img_attn_qkv|txt_attn_qkv|individual_token_refiner)",
        Text("a LoRA for HunyuanVideo", "HunyuanVideo 的 LoRA"),
    ),
    (r"double_stream_blocks|single_stream_blocks", Text("a LoRA for HiDream", "HiDream 的 LoRA")),
    (r"double_blocks|single_blocks|single_transformer_blocks", Text("a LoRA for Flux", "Flux 的 LoRA")),
    (r"joint_blocks|add_k_proj.*joint|lora_te3_", Text("a LoRA for Stable Diffusion 3", "Stable Diffusion 3 的 LoRA")),
    (r"img_mlp|txt_mlp|img_mod|txt_mod", Text("a LoRA for Qwen-Image", "Qwen-Image 的 LoRA")),
    (
        r"noise_refiner|context_refiner|(?:^|[._])layers[._]\d+[._](attention|feed_forward|adaLN)",
        Text("a LoRA for Z-Image or Lumina", "Z-Image 或 Lumina 的 LoRA"),
    ),
    (r"llm_adapter|adaln_modulation", Text("a LoRA for Anima or Cosmos", "Anima 或 Cosmos 的 LoRA")),
    (r"[._]blocks[._]\d+[._](self_attn|cross_attn|ffn)", Text("a LoRA for Wan", "Wan 的 LoRA")),
    (r"lora_prior_", Text("a LoRA for Stable Cascade", "Stable Cascade 的 LoRA")),
    (
        r"^(transformer|lora_transformer|lycoris_transformer)|(?:^|[._])transformer_blocks[._]\d+[._]attn[._]",
        Text(
            "a LoRA for a model without a U-Net, such as Stable Diffusion 3, Flux or PixArt",
            "没有 U-Net 的模型（如 Stable Diffusion 3、Flux、PixArt）的 LoRA",
        ),
    ),
    (
        r"^(emb_params|string_to_param|clip_l|clip_g|t5xxl|<.*>|\*|embedding)(\..*)?$",
        Text("an embedding (textual inversion)", "嵌入（embedding / textual inversion）"),
    ),
    (r"^bundle_emb", Text("an embedding (textual inversion)", "嵌入（embedding / textual inversion）")),
    (
        r"^model\.diffusion_model\.(?!.*lora).*\.(weight|bias)$|^(unet|cond_stage_model|conditioner)\.(?!.*lora).*\.(weight|bias)$",
        Text("a whole checkpoint or a part of one", "完整底模或其中一部分"),
    ),
    (
        r"^(first_stage_model\.|vae\.)|^(encoder|decoder)\.(conv_in|conv1|down|mid)|^(post_)?quant_conv",
        Text("a VAE", "VAE"),
    ),
    (
        r"^(down_blocks|input_blocks|mid_block|middle_block|up_blocks|output_blocks)\.(?!.*(lora|hada|lokr)).*\.weight$",
        Text("a U-Net", "U-Net"),
    ),
    (r"^text_model\.(?!.*lora).*\.weight$|^(embeddings|token_embedding)", Text("a text encoder", "文本编码器")),
    (r"^(conv_first|body|RDB|model\.\d+\.sub)", Text("an upscaler", "放大模型")),
)
"""A mark in the names of tensors, and what a file with it is; the first that is found counts."""


def foreign_kind(keys: Iterable[str]) -> Text | None:
    """What a file with these tensors is, if it is something known."""
    listed = list(keys)
    return next((kind for mark, kind in MARKS if any(re.search(mark, key) for key in listed)), None)
