import type { en } from "../en/picture";

export const zh: Record<keyof typeof en, string> = {
  "picture.previous": "上一张（←）",
  "picture.next": "下一张（→）",
  "picture.repeats": "重复次数",
  "picture.repeatsDefault": "按数据集",
  "picture.exclude": "排除这张图片",
  "picture.delete": "删除这张图片",
  "picture.deleteSure": "彻底删除 {name}？",
  "picture.asTags": "标签",
  "picture.asText": "文本",
  "picture.caption": "标签",
  "picture.position": "{index} / {count}",
  "picture.keys": "← → 切换图片，Esc 返回",
};
