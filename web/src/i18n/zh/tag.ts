import type { en } from "../en/tag";

export const zh: Record<keyof typeof en, string> = {
  "tag.add": "添加标签",
  "tag.delete": "删除 {tag}",
  "tag.tag": "标签",
  "tag.count": "图片数",
  "tag.none": "还没有标签。",
  "tag.find": "查看含此标签的图片",
  "tag.search": "查找标签",
  "tag.rename": "在所有标注中重命名",
  "tag.merge": "把这 {count} 个标签合并为一个",
  "tag.deleteMany": "从所有标注中删除 {count} 个标签",
  "tag.newName": "新名称",
};
