export const en = {
  "upload.title": "Drop pictures, folders or a zip here",
  "upload.hint": "PNG, JPEG or WebP, with .txt tags beside them if you have some; up to 1,000 pictures.",
  "upload.files": "Choose files",
  "upload.folder": "Choose a folder",
  "upload.more": "Add pictures",
  "upload.progress": "{done} of {count} file|{done} of {count} files",
  "upload.waiting": "waits",
  "upload.sending": "{percent} %",
  "upload.done": "added",
  "upload.known": "already there",
  "upload.failed": "failed",
  "upload.clear": "Clear the list",
} as const;
