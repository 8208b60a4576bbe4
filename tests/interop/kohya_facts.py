"""Names that kohya's programs know, as facts: of sd-scripts' argument parser (train_network and sdxl_train_network, v0.10,
February 2026), of its dataset config, of what LyCORIS and kohya's networks read, and of the GUI's saved fields.
"""

ARGUMENTS = frozenset(
    """
    adaptive_noise_scale alpha_mask async_upload base_weights base_weights_multiplier bucket_no_upscale
    bucket_reso_steps cache_info cache_latents cache_latents_to_disk cache_text_encoder_outputs
    cache_text_encoder_outputs_to_disk caption_dropout_every_n_epochs caption_dropout_rate caption_extension
    caption_extention caption_prefix caption_separator caption_suffix caption_tag_dropout_rate clip_skip
    color_aug conditioning_data_dir config_file cpu_offload_checkpointing dataset_class dataset_config
    dataset_repeats ddp_gradient_as_bucket_view ddp_static_graph ddp_timeout debiased_estimation_loss
    debug_dataset dim_from_weights disable_mmap_load_safetensors dynamo_backend enable_bucket enable_wildcard
    face_crop_aug_range flip_aug fp8_base fp8_base_unet full_bf16 full_fp16 fused_backward_pass
    gradient_accumulation_steps gradient_checkpointing highvram huber_c huber_scale huber_schedule
    huggingface_path_in_repo huggingface_repo_id huggingface_repo_type huggingface_repo_visibility
    huggingface_token in_json initial_epoch initial_step ip_noise_gamma ip_noise_gamma_random_strength
    keep_tokens keep_tokens_separator learning_rate log_config log_prefix log_tracker_config log_tracker_name
    log_with logging_dir loss_type lowram lr_decay_steps lr_scheduler lr_scheduler_args
    lr_scheduler_min_lr_ratio lr_scheduler_num_cycles lr_scheduler_power lr_scheduler_timescale
    lr_scheduler_type lr_warmup_steps masked_loss max_bucket_reso max_data_loader_n_workers max_grad_norm
    max_timestep max_token_length max_train_epochs max_train_steps max_validation_steps mem_eff_attn
    min_bucket_reso min_snr_gamma min_timestep mixed_precision multires_noise_discount multires_noise_iterations
    network_alpha network_args network_dim network_dropout network_module network_train_text_encoder_only
    network_train_unet_only network_weights no_half_vae no_metadata noise_offset noise_offset_random_strength
    optimizer_args optimizer_schedulefree_wrapper optimizer_type output_config output_dir output_name
    perlin_noise persistent_data_loader_workers pretrained_model_name_or_path prior_loss_weight random_crop
    reg_data_dir resize_interpolation resolution resume resume_from_huggingface sample_at_first
    sample_every_n_epochs sample_every_n_steps sample_prompts sample_sampler save_every_n_epochs
    save_every_n_steps save_last_n_epochs save_last_n_epochs_state save_last_n_steps save_last_n_steps_state
    save_model_as save_n_epoch_ratio save_precision save_state save_state_on_train_end save_state_to_huggingface
    scale_v_pred_loss_like_noise_pred scale_weight_norms schedulefree_wrapper_args sdpa secondary_separator seed
    shuffle_caption skip_cache_check skip_until_initial_step text_encoder_lr token_warmup_min token_warmup_step
    tokenizer_cache_dir torch_compile train_batch_size train_data_dir training_comment unet_lr use_8bit_adam
    use_lion_optimizer v2 v_parameterization v_pred_like_loss vae vae_batch_size validate_every_n_epochs
    validate_every_n_steps validation_seed validation_split wandb_api_key wandb_run_name weighted_captions
    xformers zero_terminal_snr
    """.split()
)

GENERAL = frozenset(
    """
    batch_size bucket_no_upscale bucket_reso_steps cache_info caption_dropout_every_n_epochs
    caption_dropout_rate caption_extension caption_prefix caption_separator caption_suffix
    caption_tag_dropout_rate class_tokens color_aug custom_attributes enable_bucket enable_wildcard
    face_crop_aug_range flip_aug keep_tokens keep_tokens_separator max_bucket_reso min_bucket_reso
    network_multiplier num_repeats random_crop resize_interpolation resolution secondary_separator
    shuffle_caption token_warmup_min token_warmup_step validation_seed validation_split
    """.split()
)

SUBSET = frozenset(
    """
    alpha_mask cache_info caption_dropout_every_n_epochs caption_dropout_rate caption_extension caption_prefix
    caption_separator caption_suffix caption_tag_dropout_rate class_tokens color_aug conditioning_data_dir
    custom_attributes enable_wildcard face_crop_aug_range flip_aug image_dir is_reg keep_tokens
    keep_tokens_separator num_repeats random_crop resize_interpolation secondary_separator shuffle_caption
    token_warmup_min token_warmup_step
    """.split()
)

NETWORK_ARGS = {
    "networks.lora": {"conv_dim", "conv_alpha", "rank_dropout", "module_dropout"},
    "networks.dylora": {"conv_dim", "conv_alpha", "unit"},
    "lycoris.kohya": set(
        """
    algo preset conv_dim conv_alpha rank_dropout module_dropout use_tucker constraint rescaled dora_wd wd_on_output
    full_matrix rs_lora decompose_both factor
        """.split()
    ),
}

GUI = frozenset(
    """
    LoRA_type LyCORIS_preset adaptive_noise_scale additional_parameters ae apply_t5_attn_mask async_upload
    block_alphas block_dims block_lr_zero_threshold blocks_to_swap bucket_no_upscale bucket_reso_steps
    bypass_mode cache_latents cache_latents_to_disk caption_dropout_every_n_epochs caption_dropout_rate
    caption_extension clip_skip color_aug constrain conv_alpha conv_block_alphas conv_block_dims conv_dim
    cpu_offload_checkpointing dataset_config debiased_estimation_loss decompose_both dim_from_weights
    discrete_flow_shift dora_wd down_lr_weight dynamo_backend dynamo_mode dynamo_use_dynamic
    dynamo_use_fullgraph enable_all_linear enable_bucket epoch extra_accelerate_launch_args factor file_path
    flip_aug fp8_base fp8_base_unet full_bf16 full_fp16 ggpo_beta ggpo_sigma gpu_ids gradient_accumulation_steps
    gradient_checkpointing guidance_scale highvram huber_c huber_scale huber_schedule huggingface_path_in_repo
    huggingface_repo_id huggingface_repo_type huggingface_repo_visibility huggingface_token in_dims
    ip_noise_gamma ip_noise_gamma_random_strength keep_tokens learning_rate log_config log_tracker_config
    log_tracker_name log_with logging_dir logit_mean logit_std loraplus_lr_ratio loraplus_text_encoder_lr_ratio
    loraplus_unet_lr_ratio loss_type lowvram lr_scheduler lr_scheduler_args lr_scheduler_num_cycles
    lr_scheduler_power lr_scheduler_type lr_warmup lr_warmup_steps main_process_port masked_loss max_bucket_reso
    max_data_loader_n_workers max_grad_norm max_resolution max_timestep max_token_length max_train_epochs
    max_train_steps mem_eff_attn mem_eff_save metadata_author metadata_description metadata_license
    metadata_tags metadata_title mid_lr_weight min_bucket_reso min_snr_gamma min_timestep mixed_precision
    mode_scale model_list model_prediction_type model_type module_dropout multi_gpu multires_noise_discount
    multires_noise_iterations network_alpha network_dim network_dropout network_weights noise_offset
    noise_offset_random_strength noise_offset_type num_cpu_threads_per_process num_machines num_processes
    optimizer optimizer_args output_dir output_name persistent_data_loader_workers pos_emb_random_crop_rate
    pretrained_model_name_or_path prior_loss_weight random_crop rank_dropout rank_dropout_scale reg_data_dir
    rescaled resume resume_from_huggingface sample_every_n_epochs sample_every_n_steps sample_prompts
    sample_sampler save_as_bool save_clip save_every_n_epochs save_every_n_steps save_last_n_epochs
    save_last_n_epochs_state save_last_n_steps save_last_n_steps_state save_model_as save_precision save_state
    save_state_on_train_end save_state_to_huggingface save_t5xxl scale_v_pred_loss_like_noise_pred
    scale_weight_norms sdxl sdxl_cache_text_encoder_outputs sdxl_no_half_vae seed show_timesteps
    show_timesteps_resolution shuffle_caption skip_cache_check stop_text_encoder_training text_encoder_lr
    timestep_sampling train_batch_size train_blocks train_data_dir train_double_block_indices train_inpainting
    train_lora_ggpo train_norm train_on_input train_single_block_indices train_t5xxl training_comment unet_lr
    unit up_lr_weight use_cp use_scalar use_tucker v2 v_parameterization v_pred_like_loss vae vae_batch_size
    wandb_api_key wandb_run_name weighted_captions weighting_scheme xformers
    """.split()
)
