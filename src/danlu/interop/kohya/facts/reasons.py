"""Why a setting of kohya's has no place in a recipe, and why a place of a recipe has none there: tables."""

from danlu.kit.language import Text

_ITSELF = Text("Danlu decides that by itself", "丹炉会自行决定")
_RUN = Text(
    "it belongs to one run, not to a recipe: see `danlu train --help`", "属于单次训练而非配方，见 `danlu train --help`"
)
_CHECKPOINT = Text("the checkpoint itself tells", "由模型文件自身识别")
_ALL_MEASURED = Text("every held-out picture is measured, at four timesteps", "每张留出图片都会在四个时间步上测量")
_OUTSIDE = Text("Danlu doesn't send anything anywhere while training", "丹炉训练时不向外部发送任何内容")
NO_CHOICE = Text("Danlu leaves no choice about it", "丹炉中此项固定，不可选择")
_FOLDER = Text(
    "regularization pictures without a caption take their folder's name", "没有标注的正则化图片以文件夹名为标注"
)
_NOT_THERE = Text("there is no such file", "该文件不存在")

_BY_REASON = {
    _ITSELF: """
        xformers sdpa mem_eff_attn lowram highvram torch_compile dynamo_backend dynamo_mode dynamo_use_dynamic
        dynamo_use_fullgraph full_fp16 full_bf16 fp8_base fp8_base_unet no_half_vae sdxl_no_half_vae vae_batch_size
        text_encoder_batch_size cache_text_encoder_outputs cache_text_encoder_outputs_to_disk
        sdxl_cache_text_encoder_outputs skip_cache_check cpu_offload_checkpointing disable_mmap_load_safetensors
        tokenizer_cache_dir caption_extension max_data_loader_n_workers persistent_data_loader_workers
        num_cpu_threads_per_process num_processes num_machines multi_gpu gpu_ids main_process_port
        extra_accelerate_launch_args ddp_timeout ddp_gradient_as_bucket_view ddp_static_graph
    """,
    _RUN: """
        output_dir logging_dir log_prefix log_with log_tracker_name log_tracker_config log_config config_file
        output_config resume initial_epoch initial_step skip_until_initial_step save_state save_state_on_train_end
        save_last_n_epochs save_last_n_epochs_state save_last_n_steps save_last_n_steps_state save_n_epoch_ratio
        save_model_as use_safetensors no_metadata training_comment debug_dataset
    """,
    _ALL_MEASURED: "max_validation_steps",
    _CHECKPOINT: "v2 sdxl sdxl_checkbox flux1_checkbox sd3_checkbox model_list",
    _OUTSIDE: """
        huggingface_repo_id huggingface_repo_type huggingface_path_in_repo huggingface_token
        huggingface_repo_visibility save_state_to_huggingface resume_from_huggingface async_upload wandb_api_key
        wandb_run_name
    """,
    NO_CHOICE: "decouple use_bias_correction safeguard_warmup relative_step warmup_init wd_on_output",
    _FOLDER: "class_tokens",
    _NOT_THERE: "dataset_config",
}
REASONS: dict[str, Text] = {key: reason for reason, keys in _BY_REASON.items() for key in keys.split()}
"""Settings of kohya's that have no place in a recipe, and why."""

_KNOWN = """
    LoRA_type additional_parameters ae algo alpha_mask apply_t5_attn_mask base_weights base_weights_multiplier betas
    block_alphas block_dims block_lr block_lr_zero_threshold block_size blocks_to_swap bypass_mode cache_info
    cache_latents cache_latents_to_disk caption_metadata_filename caption_separator conditioning_data_dir
    conv_block_alphas conv_block_dims conv_lora_dim create_buckets create_caption custom_attributes dataset_class
    dim_from_weights discrete_flow_shift down_lr_weight enable_all_linear epoch face_crop_aug_range file_path
    full_path fused_backward_pass generate_caption_database generate_image_buckets ggpo_beta ggpo_sigma
    guidance_scale image_dir image_folder in_dims in_json is_reg latent_metadata_filename learning_rate
    learning_rate_te learning_rate_te1 learning_rate_te2 logit_mean logit_std loraplus_unet_lr_ratio lowvram
    lr_scheduler lr_scheduler_args lr_scheduler_type lr_warmup lr_warmup_steps masked_loss max_train_epochs
    max_train_steps mem_eff_save metadata_author metadata_description metadata_license metadata_tags metadata_title
    mid_lr_weight min_resolution mixed_precision mode_scale model_prediction_type model_type network_args
    network_module network_multiplier network_train_text_encoder_only network_train_unet_only network_weights
    noise_offset_type optimizer_args optimizer_schedulefree_wrapper optimizer_type perlin_noise
    pos_emb_random_crop_rate preset pretrained_model_name_or_path random_crop rank_dropout_scale
    resize_interpolation sample_at_first sample_every_n_epochs sample_every_n_steps sample_prompts save_as_bool
    save_clip save_every_n_epochs save_every_n_steps save_t5xxl scale_v_pred_loss_like_noise_pred
    schedulefree_wrapper_args show_timesteps show_timesteps_resolution stop_text_encoder_training subsets
    timestep_sampling token_string train_blocks train_data_dir train_dir train_double_block_indices train_inpainting
    train_lora_ggpo train_on_input train_single_block_indices train_t5xxl train_text_encoder unet_lr up_lr_weight
    use_8bit_adam use_latent_files use_lion_optimizer use_scalar v_pred_like_loss validate_every_n_epochs
    validate_every_n_steps validation_seed validation_split weighting_scheme
"""
KNOWN = frozenset(_KNOWN.split())
"""What else kohya's programs know: names that are read together with others, or that Danlu has nothing for."""
SWITCHED_OFF = Text("switched off in the GUI", "在 GUI 中没有启用")
NO_EQUAL = Text("sd-scripts has nothing like it", "sd-scripts 没有对应的设置")
_BY_PLACE = {
    Text("sd-scripts adapts every layer of a preset", "sd-scripts 会训练预设中的所有层"): """
        adapter.include adapter.exclude adapter.on_input
    """,
    Text("sd-scripts' ranks are by block, not by name", "sd-scripts 只能按块设置 rank，不能按名称"): "adapter.ranks",
    Text("sd-scripts goes on with what isn't a number", "sd-scripts 遇到 NaN 也会继续训练"): "training.max_skipped",
    Text("accelerate decides it: `accelerate config`", "由 accelerate 决定，见 `accelerate config`"): "training.device",
    Text("there it is a share: validation_split", "在那里只能按比例：validation_split"): "validation.pictures",
    Text("sd-scripts stops at a picture that can't be read", "sd-scripts 遇到无法读取的图片会停止"): """
        dataset.skip_broken
    """,
    Text("that schedule falls to zero there", "在那里该调度器会降到零"): "schedule.floor",
    Text("max_train_epochs leaves no room for a cap", "与 max_train_epochs 不能并用"): "training.max_steps",
}
UNCARRIED: dict[str, Text] = {place: reason for reason, places in _BY_PLACE.items() for place in places.split()}
"""Places of a recipe that have no equal in kohya, and why, where `NO_EQUAL` doesn't say enough."""

TOLD_ALWAYS = frozenset({"training.max_skipped"})
"""Places that are told even at their default, because kohya does otherwise."""
