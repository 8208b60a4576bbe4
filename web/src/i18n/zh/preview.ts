import type { en } from "../en/preview";

export const zh: Record<keyof typeof en, string> = {
  "preview.left": "上一个提示词（←）",
  "preview.right": "下一个提示词（→）",
  "preview.up": "上一行（↑）",
  "preview.down": "下一行（↓）",
  "preview.reset": "还原大小（0）",
  "preview.none": "没有图片",
  "preview.compare": "滑动对比…",
  "preview.slider": "对比图片的显示比例",
};
