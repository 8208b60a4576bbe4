import type { en } from "../en/mirror";

export const zh: Record<keyof typeof en, string> = {
  "mirror.title": "镜像",
  "mirror.auto": "按训练设置",
  "mirror.on": "一半机会镜像",
  "mirror.off": "从不镜像",
  "mirror.always": "只用镜像",
  "mirror.label": "镜像",
};
