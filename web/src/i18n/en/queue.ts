export const en = {
  "queue.title": "Queue",
  "queue.now": "Running",
  "queue.waiting": "Waiting",
  "queue.done": "Done",
  "queue.empty": "The queue is empty.",
} as const;
