import type { en } from "../en/job";

export const zh: Record<keyof typeof en, string> = {
  "job.kind.train": "训练",
  "job.kind.tag": "自动打标",
  "job.kind.draw": "绘图",
  "job.kind.crop": "批量裁剪",
  "job.state.queued": "排队中",
  "job.state.starting": "启动中",
  "job.state.running": "运行中",
  "job.state.stopping": "停止中",
  "job.state.succeeded": "已完成",
  "job.state.failed": "失败",
  "job.state.cancelled": "已取消",
  "job.state.interrupted": "已停止",
  "job.cancel": "取消",
  "job.retry": "重试",
  "job.earlier": "上移",
  "job.later": "下移",
  "job.position": "第 {place} 位",
  "job.starts": "约 {time}后开始",
  "job.takes": "约需 {time}",
  "job.sent": "已加入队列：{what}",
};
