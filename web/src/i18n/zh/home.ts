import type { en } from "../en/home";

export const zh: Record<keyof typeof en, string> = {
  "home.welcome": "把你的角色、你的画风炼成 LoRA",
  "home.intro": "拖入同一角色、人物或画风的图片，丹炉会裁剪、打标、训练，并逐轮给你看它学到了什么。",
  "home.next": "下一步",
  "home.next.dataset": "新建第一个数据集：同一主题的 10 到 30 张图就够了。",
  "home.next.tag": "“{name}”还有未打标的图片：去自动打标。",
  "home.next.train": "“{name}”已就绪：开始训练。",
  "home.next.watch": "“{name}”正在训练：查看预览图。",
  "home.next.pick": "“{name}”训练完成：挑选最佳的一轮并下载。",
  "home.datasets": "数据集",
  "home.runs": "训练",
  "home.noRuns": "还没有训练，预览图会显示在这里。",
  "home.queue": "任务队列",
  "home.queueEmpty": "没有排队的任务。",
  "home.machine": "本机",
  "home.device": "设备",
  "home.deviceUnknown": "检测中",
  "home.memory": "内存",
  "home.gpuMemory": "显存",
  "home.disk": "磁盘",
  "home.free": "可用 {free} / 共 {total}",
};
