import type { en } from "../en/tag";

export const zh: Record<keyof typeof en, string> = {
  "tag.add": "添加标签",
  "tag.delete": "删除 {tag}",
  "tag.tag": "标签",
  "tag.count": "图片数",
  "tag.none": "还没有标签。",
  "tag.find": "查看含此标签的图片",
};
