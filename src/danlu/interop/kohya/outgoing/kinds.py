"""The adapter, optimizer and schedule of a recipe in kohya's words."""

from danlu.adapters.base import CONVOLUTIONAL
from danlu.adapters.ranked import Convolving, Ranked
from danlu.interop.kohya.facts.names import FIXED, OPTIMIZERS, SCHEDULES, theirs
from danlu.interop.kohya.facts.values import TARGETS, steps_or_share
from danlu.interop.kohya.outgoing.export import Export
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.variants import kind_name

DYLORA = "networks.dylora"
LYCORIS = "lycoris.kohya"
ALGORITHMS = {
    "lora": "lora",
    "locon": "locon",
    "dylora": "dylora",
    "loha": "loha",
    "lokr": "lokr",
    "ia3": "ia3",
    "oft": "diag-oft",
    "full": "full",
}
_NO_DROPOUT = Text("that module has no such dropout there", "在那里该模块没有这种 dropout")


def put_adapter(export: Export) -> None:
    """`network_module` and what belongs to it: kohya's own module where it can do it, else LyCORIS."""
    adapter = export.recipe.adapter
    kind = kind_name(type(adapter))
    if kind == "norm":
        raise UserError(
            "adapter.kind 'norm' can't be exported: neither sd-scripts nor LyCORIS trains norms alone. Choose another "
            "kind with adapter.norms = true.",
            "adapter.kind“norm”无法导出：sd-scripts 与 LyCORIS 都不能只训练归一化层。请选择其他类型，并设置 "
            "adapter.norms = true。",
        )
    module = adapter.network().module
    if kind != "dylora" and (adapter.norms or adapter.targets != ("full" if kind == "locon" else "attention+mlp")):
        module = LYCORIS
    export.arguments["network_module"] = module
    if module == LYCORIS:
        export.network_args["algo"] = ALGORITHMS[kind]
    _put_targets(export, module)
    _put_size(export, module)
    _tell_dropout(export, kind, module)
    if adapter.start_from is not None:
        export.arguments["network_weights"] = adapter.start_from
        export.done.add("adapter.start_from")
    if not adapter.text_encoder:
        export.arguments["network_train_unet_only"] = True
    if getattr(adapter, "dora", False):
        export.network_args["wd_on_output"] = False
    export.done |= {"adapter.text_encoder", "adapter.targets"}


def _put_targets(export: Export, module: str) -> None:
    adapter = export.recipe.adapter
    if kind_name(type(adapter)) == "ia3":
        export.network_args["preset"] = "ia3"
        if adapter.targets != "attention+mlp":
            own = Text("LyCORIS' preset for IA³ names the layers", "LyCORIS 的 IA³ 预设固定了训练的层")
            export.tell("adapter.targets", own)
    elif module == LYCORIS:
        known = adapter.targets != "all"
        export.network_args["preset"] = TARGETS.write(adapter.targets if known else "full")
        if adapter.targets in CONVOLUTIONAL:
            more = Text(
                "LyCORIS' preset `full` is written: the U-Net's blocks, and conv_in, conv_out and the time embedding",
                "写为 LyCORIS 的预设 `full`：包含 U-Net 各块，以及 conv_in、conv_out 与时间嵌入",
            )
            export.tell("adapter.targets", more)
    elif module == DYLORA and adapter.targets not in ("attention+mlp", "full"):
        export.tell("adapter.targets", Text("networks.dylora has no such choice", "networks.dylora 没有此选项"))


def _put_size(export: Export, module: str) -> None:
    """Rank and alpha, or what stands for them."""
    adapter = export.recipe.adapter
    if (size := getattr(adapter, "block_size", None)) is not None:
        export.arguments["network_dim"] = size
        export.done.add("adapter.block_size")
    if module == LYCORIS and (rows := getattr(adapter, "unit", None)) is not None:
        export.network_args["block_size"] = rows
        export.done.add("adapter.unit")
    if not isinstance(adapter, Ranked):
        return
    alpha = adapter.rank if adapter.alpha is None else adapter.alpha
    export.arguments["network_alpha"] = float(alpha)
    export.done.add("adapter.alpha")
    if module == DYLORA:
        if adapter.targets in CONVOLUTIONAL:
            export.network_args |= {"conv_dim": adapter.rank, "conv_alpha": float(alpha)}
        if adapter.rs_lora:
            export.tell("adapter.rs_lora", Text("networks.dylora has no such choice", "networks.dylora 没有此选项"))
    if isinstance(adapter, Convolving) and adapter.targets in CONVOLUTIONAL:
        rank = adapter.conv_rank or adapter.rank
        export.network_args |= {
            "conv_dim": rank,
            "conv_alpha": float(adapter.conv_alpha or alpha * rank / adapter.rank),
        }
    export.done |= {"adapter.conv_rank", "adapter.conv_alpha"}


def _tell_dropout(export: Export, kind: str, module: str) -> None:
    lacking = {
        "dylora": ("dropout", "rank_dropout", "module_dropout"),
        "loha": ("dropout",),
        "lokr": ("dropout",),
        "ia3": ("dropout",),
    }.get(kind, ())
    if module == LYCORIS and getattr(export.recipe.adapter, "dora", False):
        lacking = (*lacking, "dropout")
    for name in dict.fromkeys(lacking):
        if getattr(export.recipe.adapter, name):
            export.tell(f"adapter.{name}", _NO_DROPOUT)


def put_optimizer(export: Export) -> None:
    """`optimizer_type`, its arguments and the rates, all of them written out: every library has other defaults."""
    optimizer = export.recipe.optimizer
    kind = kind_name(type(optimizer))
    nesterov = getattr(optimizer, "nesterov", False)
    export.arguments["optimizer_type"] = "SGDNesterov" if nesterov else theirs(OPTIMIZERS, kind)
    export.arguments |= {"learning_rate": optimizer.lr, "unet_lr": optimizer.lr}
    if export.recipe.adapter.text_encoder:
        export.arguments["text_encoder_lr"] = optimizer.rate_of("text_encoder")
    export.done |= {"optimizer.lr", "optimizer.text_encoder_lr", "optimizer.nesterov"}
    betas = [getattr(optimizer, name) for name in ("beta1", "beta2", "beta3") if hasattr(optimizer, name)]
    if len(betas) > 1:
        export.optimizer_args["betas"] = ",".join(str(beta) for beta in betas)
        export.done |= {"optimizer.beta1", "optimizer.beta2", "optimizer.beta3"}
    export.optimizer_args |= FIXED.get(kind, {})


def put_schedule(export: Export) -> None:
    """`lr_scheduler`; the name says whether there is a warm-up or a floor."""
    schedule = export.recipe.schedule
    name = theirs(SCHEDULES, schedule.kind)
    warmup = steps_or_share(schedule.warmup)
    export.done |= {"schedule.kind", "schedule.warmup"}
    if export.recipe.optimizer.averages and warmup:
        alone = Text(
            "sd-scripts leaves schedule-free optimizers without one", "sd-scripts 对 schedule-free 优化器不做预热"
        )
        export.tell("schedule.warmup", alone)
        warmup = 0
    if schedule.kind == "constant" and warmup:
        name = "constant_with_warmup"
    if schedule.kind == "cosine" and schedule.floor:
        name = "cosine_with_min_lr"
    export.arguments["lr_scheduler"] = name
    if warmup:
        export.arguments["lr_warmup_steps"] = warmup
