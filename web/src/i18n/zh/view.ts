import type { en } from "../en/view";

export const zh: Record<keyof typeof en, string> = {
  "view.title": "这张图片的视图",
  "view.whole": "图片",
  "view.add": "添加特写",
  "view.name": "脸部",
  "view.remove": "删除视图 {name}",
};
