export const en = {
  "queue.title": "Queue",
  "queue.now": "Running",
  "queue.waiting": "Waiting",
  "queue.done": "Done",
  "queue.pause": "Pause the queue",
  "queue.goOn": "Let it go on",
  "queue.paused": "Queue paused",
  "queue.pauseHint": "A paused queue starts no further job; the one that is running goes on.",
  "queue.empty": "The queue is empty.",
} as const;
