import type { en } from "../en/queue";

export const zh: Record<keyof typeof en, string> = {
  "queue.title": "任务队列",
  "queue.now": "进行中",
  "queue.waiting": "排队中",
  "queue.done": "已结束",
  "queue.pause": "暂停队列",
  "queue.goOn": "恢复队列",
  "queue.paused": "队列已暂停",
  "queue.pauseHint": "暂停后不再开始新任务，正在运行的任务会继续。",
  "queue.empty": "队列是空的。",
};
