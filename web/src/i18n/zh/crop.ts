import type { en } from "../en/crop";

export const zh: Record<keyof typeof en, string> = {
  "crop.area": "训练所用的区域",
  "crop.handle": "该区域的边缘，可用方向键移动",
  "crop.size": "比例",
  "crop.free": "自由比例",
  "crop.whole": "使用整张图",
  "crop.title": "批量裁剪",
  "crop.how": "裁剪方式",
  "crop.focus": "聚焦裁剪：保留人脸等主体",
  "crop.centre": "中央裁剪：保留正中",
  "crop.intro": "原图从不改动；之后可逐张手动调整。",
  "crop.sizes": "裁剪尺寸",
  "crop.sizesHint": "每张图取最合适的一种；不选则全部可用。",
  "crop.overwrite": "已有裁剪框的图片也重新裁剪",
  "crop.start": "开始裁剪",
};
