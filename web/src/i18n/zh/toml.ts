import type { en } from "../en/toml";

export const zh: Record<keyof typeof en, string> = {
  "toml.label": "TOML 配方",
  "toml.hint": "只列出与默认值不同的设置，未写出的采用默认值。按 Ctrl+Enter 应用。",
  "toml.apply": "应用",
  "toml.discard": "放弃改动",
  "toml.copy": "复制",
  "toml.copied": "已复制",
  "toml.download": "下载",
  "toml.open": "打开文件",
  "toml.edited": "尚未应用",
  "toml.waits": "TOML 视图中有尚未应用的改动：本次训练不会采用。",
  "toml.wait": "计划算好后显示。",
};
