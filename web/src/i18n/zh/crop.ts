import type { en } from "../en/crop";

export const zh: Record<keyof typeof en, string> = {
  "crop.area": "训练所用的区域",
  "crop.size": "比例",
  "crop.free": "自由比例",
  "crop.whole": "使用整张图",
  "crop.title": "批量裁剪",
  "crop.how": "裁剪方式",
  "crop.focus": "聚焦裁剪：保留人脸等主体",
  "crop.centre": "中央裁剪：保留正中",
  "crop.intro": "原图从不改动；之后可逐张手动调整。",
  "crop.sizes": "裁剪尺寸",
  "crop.sizesHint": "每张图取最合适的一种。",
  "crop.overwrite": "已有裁剪框的图片也重新裁剪",
  "crop.start": "开始裁剪",
  "crop.usual": "常用三种",
  "crop.every": "底模全部 {count} 种",
  "crop.beyond": "超出边缘",
  "crop.fill": "填充方式",
  "crop.edge": "重复边缘",
  "crop.blur": "模糊",
  "crop.white": "白色",
};
