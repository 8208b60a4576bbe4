import type { en } from "../en/regularization";

export const zh: Record<keyof typeof en, string> = {
  "regularization.title": "正则化集",
  "regularization.intro": "同一类别的其他图片，训练时与你的图片一同出现，防止污染底模。多数训练不需要。",
  "regularization.there": "已有 {count} 张",
  "regularization.upload": "上传图片或压缩包",
  "regularization.remove": "全部删除",
  "regularization.removeSure": "彻底删除全部 {count} 张正则化图片？",
  "regularization.or": "或由底模出图",
  "regularization.prompt": "类别",
  "regularization.promptHint": "不含要学习的内容，例如 a portrait of a girl。",
  "regularization.count": "张数",
  "regularization.auto": "与每轮所需相同",
  "regularization.draw": "开始出图",
  "regularization.which": "显示哪些图片",
  "regularization.learnt": "训练图片（{count}）",
  "regularization.set": "正则化（{count}）",
};
