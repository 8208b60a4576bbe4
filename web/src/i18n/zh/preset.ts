import type { en } from "../en/preset";

export const zh: Record<keyof typeof en, string> = {
  "preset.mine": "我的预设",
  "preset.none": "尚未保存预设",
  "preset.remove": "删除预设 {name}",
  "preset.save": "把这些改动存为预设…",
  "preset.title": "存为预设",
  "preset.hint": "保存的是你在此处改动的参数，以后可套用到其他训练上。训练名称和接着训练的 LoRA 不包含在内。",
  "preset.name": "预设名称",
  "preset.replaces": "已有同名预设，将被替换。",
  "preset.saveIt": "保存",
};
