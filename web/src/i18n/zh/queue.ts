import type { en } from "../en/queue";

export const zh: Record<keyof typeof en, string> = {
  "queue.title": "任务队列",
  "queue.now": "进行中",
  "queue.waiting": "排队中",
  "queue.done": "已结束",
  "queue.empty": "队列是空的。",
};
