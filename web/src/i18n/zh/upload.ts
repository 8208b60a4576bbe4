import type { en } from "../en/upload";

export const zh: Record<keyof typeof en, string> = {
  "upload.title": "把图片、文件夹或 zip 拖到这里",
  "upload.hint": "PNG、JPEG、WebP，可附带同名 .txt 标签文件；最多 1,000 张。",
  "upload.files": "选择文件",
  "upload.folder": "选择文件夹",
  "upload.more": "添加图片",
  "upload.progress": "{done} / {count} 个文件",
  "upload.waiting": "等待中",
  "upload.sending": "{percent}",
  "upload.done": "已添加",
  "upload.known": "重复，已跳过",
  "upload.failed": "失败",
  "upload.clear": "清空列表",
  "upload.offline": "等待中，已传 {percent}，稍后自动继续",
  "upload.unfinished": "以下文件上传中断：重新选择同一文件即可从断点继续。",
  "upload.drop": "放弃上传 {name}",
  "upload.leave": "文件还在上传",
  "upload.leaveHint": "现在离开，未传完的文件不会加入数据集；大文件再次选择后会从断点继续。",
  "upload.leaveAnyway": "离开",
  "upload.stay": "留下",
  "upload.checking": "检查中…",
};
