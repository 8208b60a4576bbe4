import type { en } from "../en/compare";

export const zh: Record<keyof typeof en, string> = {
  "compare.title": "对比训练",
  "compare.choose": "训练",
  "compare.most": "最多并排 {count} 个",
  "compare.none": "清空",
  "compare.empty": "选择两个或更多训练，并排查看。",
  "compare.these": "对比所选的 {count} 个训练",
  "compare.add": "选择“{name}”进行对比",
  "compare.settings": "训练参数",
  "compare.setting": "参数",
  "compare.all": "显示全部",
  "compare.same": "所有参数都相同。",
  "compare.noCurve": "它们都没有这条曲线。",
  "compare.noPrompt": "（空提示词）",
  "compare.seed": "种子 {seed}",
  "compare.figures": "指标",
};
