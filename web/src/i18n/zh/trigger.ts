import type { en } from "../en/trigger";

export const zh: Record<keyof typeof en, string> = {
  "trigger.led": "{led} / {count} 条标注以它开头",
  "trigger.traits": "已吸收的特征：",
  "trigger.offered": "几乎每张图都有的标签；选中的会绑定到触发词：",
};
