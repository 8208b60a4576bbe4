import type { en } from "../en/upload";

export const zh: Record<keyof typeof en, string> = {
  "upload.title": "把图片、文件夹或 zip 拖到这里",
  "upload.hint": "PNG、JPEG、WebP，可附带同名 .txt 标签文件；最多 1000 张。",
  "upload.files": "选择文件",
  "upload.folder": "选择文件夹",
  "upload.more": "添加图片",
  "upload.progress": "{done} / {count} 个文件",
  "upload.waiting": "等待中",
  "upload.sending": "{percent}%",
  "upload.done": "已添加",
  "upload.known": "重复，已跳过",
  "upload.failed": "失败",
  "upload.clear": "清空列表",
};
