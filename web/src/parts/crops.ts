/** Left, top, right, bottom in pixels of the upright picture. */
export type BoxOf = [number, number, number, number];

interface Percent {
  unit: "%";
  x: number;
  y: number;
  width: number;
  height: number;
}

export function toPercent([left, top, right, bottom]: BoxOf, width: number, height: number): Percent {
  return {
    unit: "%",
    x: (left / width) * 100,
    y: (top / height) * 100,
    width: ((right - left) / width) * 100,
    height: ((bottom - top) / height) * 100,
  };
}

export function fromPercent(crop: Percent, width: number, height: number): BoxOf {
  const across = (share: number) => Math.min(width, Math.max(0, Math.round((share / 100) * width)));
  const down = (share: number) => Math.min(height, Math.max(0, Math.round((share / 100) * height)));
  return [across(crop.x), down(crop.y), across(crop.x + crop.width), down(crop.y + crop.height)];
}

/** Width by height of a size such as "512x768". */
export function aspectOf(size: string): number {
  const [width, height] = size.split("x").map(Number);
  return (width ?? 1) / (height ?? 1);
}

/** The largest box of this aspect in the middle of a picture. */
export function centred(aspect: number, width: number, height: number): BoxOf {
  const wide = Math.min(width, Math.round(height * aspect));
  const high = Math.min(height, Math.round(wide / aspect));
  const left = Math.round((width - wide) / 2);
  const top = Math.round((height - high) / 2);
  return [left, top, left + wide, top + high];
}
