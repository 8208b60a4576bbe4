import type { en } from "../en/kohya";

export const zh: Record<keyof typeof en, string> = {
  "kohya.open": "导入 kohya 配置",
  "kohya.title": "导入 kohya 配置",
  "kohya.hint":
    "kohya GUI 保存的设置（JSON）或 sd-scripts 的配置文件（TOML），也可连同数据集配置一起选择。应用之前会逐项说明去向。",
  "kohya.file": "选择文件",
  "kohya.paste": "或粘贴内容",
  "kohya.read": "读取",
  "kohya.back": "换一个文件",
  "kohya.use": "填入表单",
  "kohya.dropped": "{count} 项没有沿用",
  "kohya.carried": "{count} 项已沿用",
  "kohya.changed": "{count} 项改为最接近的值",
  "kohya.unsaid": "文件中没有，按 kohya 的默认行为",
};
