import type { en } from "../en/common";

export const zh: Record<keyof typeof en, string> = {
  "nav.name": "丹炉",
  "nav.home": "首页",
  "nav.train": "新建训练",
  "nav.queue": "任务队列",
  "nav.places": "导航",
  "nav.skip": "跳到正文",
  "nav.light": "浅色",
  "nav.dark": "深色",
  "common.cancel": "取消",
  "common.close": "关闭",
  "common.save": "保存",
  "common.delete": "删除",
  "common.apply": "应用",
  "common.more": "更多",
  "common.retry": "重试",
  "common.pictures": "{count} 张图片",
  "problem.title": "操作未成功",
  "problem.offline": "丹炉没有响应。程序还在运行吗？可用 `danlu studio` 启动。",
  "problem.lost": "页面不存在。",
  "problem.changed": "数据集刚刚在别处（另一个标签页？）被修改，已重新载入，请再操作一次。",
};
