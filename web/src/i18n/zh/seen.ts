import type { en } from "../en/seen";

export const zh: Record<keyof typeof en, string> = {
  "seen.title": "查看实际训练图",
  "seen.wait": "请稍候几秒……",
  "seen.mirrored": "镜像",
  "seen.plain": "原样",
  "seen.bucket": "缩放 {scale}，尺寸 {size} 像素。",
  "seen.repeats": "每轮出现 {count} 次。",
  "seen.heldOut": "留作验证：只测量，不参与训练。",
  "seen.captions": "最先出现的标注（打乱和丢弃之后）",
  "seen.never": "训练不会用到这张图片。",
  "seen.step": "第 {epoch} 轮第 {step} 步",
  "seen.measured": "验证",
  "seen.tokens": "{count} 个 token",
  "seen.empty": "（空）",
};
