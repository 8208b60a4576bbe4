import type { en } from "../en/stage";

export const zh: Record<keyof typeof en, string> = {
  "stage.title": "从图片到 LoRA",
  "stage.next": "下一步：{what}",
  "stage.pictures": "图片",
  "stage.crop": "裁剪",
  "stage.tag": "打标",
  "stage.train": "训练",
  "stage.judge": "选最佳轮次",
  "stage.publish": "发布",
  "stage.picturesHint": "添加同一主题的 10 到 30 张图。",
  "stage.cropHint": "裁剪，让脸部或主体保持完整；也可跳过。",
  "stage.tagHint": "自动打标，并取一个触发词。",
  "stage.trainHint": "开始训练，开始前会显示训练计划。",
  "stage.judgeHint": "查看预览图并标记最佳轮次，或让丹炉评选。",
  "stage.publishHint": "发布最佳的一轮，附上展示图和触发词。",
};
