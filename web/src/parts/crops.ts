/** Left, top, right, bottom in pixels of the upright picture. */
export type BoxOf = [number, number, number, number];

interface Percent {
  unit: "%";
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A picture, and how much room there is around it for boxes that reach over its edge, as a part of its sides. */
export interface Frame {
  width: number;
  height: number;
  room: number;
}

export function toPercent([left, top, right, bottom]: BoxOf, { width, height, room }: Frame): Percent {
  const whole = 1 + 2 * room;
  return {
    unit: "%",
    x: ((left / width + room) / whole) * 100,
    y: ((top / height + room) / whole) * 100,
    width: ((right - left) / width / whole) * 100,
    height: ((bottom - top) / height / whole) * 100,
  };
}

export function fromPercent(crop: Percent, { width, height, room }: Frame): BoxOf {
  const pixel = (share: number, side: number) => {
    const exact = ((share / 100) * (1 + 2 * room) - room) * side;
    return Math.min(Math.round(side * (1 + room)), Math.max(-Math.round(side * room), Math.round(exact)));
  };
  return [
    pixel(crop.x, width),
    pixel(crop.y, height),
    pixel(crop.x + crop.width, width),
    pixel(crop.y + crop.height, height),
  ];
}

/** Whether no part of a box is outside of its picture. */
export function liesWithin([left, top, right, bottom]: BoxOf, width: number, height: number): boolean {
  return left >= 0 && top >= 0 && right <= width && bottom <= height;
}

/** The part of a box that lies in its picture. */
export function inside([left, top, right, bottom]: BoxOf, width: number, height: number): BoxOf {
  return [Math.max(0, left), Math.max(0, top), Math.min(width, right), Math.min(height, bottom)];
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
