import type { en } from "../en/tagging";

export const zh: Record<keyof typeof en, string> = {
  "tagging.title": "自动打标",
  "tagging.trigger": "触发词",
  "tagging.triggerHint": "自己取的一个词，用来召唤角色；会放在每条标注的最前面。",
  "tagging.threshold": "打标阈值",
  "tagging.thresholdHint": "越低标签越多、误标也越多；越高标签越少、越可靠。",
  "tagging.existing": "已有标签的图片",
  "tagging.traits": "固定特征绑定到触发词",
  "tagging.traitsHint": "几乎每张图都有的标签（发色、瞳色等）不写入标注，由触发词吸收。",
  "tagging.keep": "保持不变",
  "tagging.replace": "重新打标",
  "tagging.append": "追加标签",
  "tagging.tagger": "打标器",
  "tagging.knows": "{name}：{knows}。",
  "tagging.another":
    "换用其他打标器：在终端运行“danlu download SmilingWolf/wd-vit-tagger-v3”，再到“设置”里添加它给出的文件夹。",
  "tagging.addFolder": "下载后，在设置中添加它所提示的文件夹。",
  "tagging.noTrigger": "没有触发词，也就没有东西可以吸收特征。",
  "tagging.start": "开始打标",
  "tagging.traitsKept": "触发词已吸收的特征不写入这些标注。",
  "tagging.unseen": "还有 {count} 张图片未识别。",
  "tagging.looking": "正在识别 {count} 张图片……",
  "tagging.look": "先识别，再调阈值",
  "tagging.takes": "由“{trigger}”吸收：",
};
