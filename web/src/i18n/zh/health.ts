import type { en } from "../en/health";

export const zh: Record<keyof typeof en, string> = {
  "health.base": "要训练的底模",
  "health.looking": "正在检查图片：{done} / {total}",
  "health.good": "没有发现问题。",
  "health.fixAll": "修复 {count} 处",
  "health.fixSafe": "修复全部安全项（{count} 处）",
  "health.problem": "问题",
  "health.warning": "警告",
  "health.note": "提示",
};
