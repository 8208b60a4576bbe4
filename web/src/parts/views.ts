/** Where a picture stands in a matrix. */
export interface Place {
  row: number;
  column: number;
}

/** How a picture is shown: its shift from the middle, in screen pixels, and its scale. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

export const STILL: View = { x: 0, y: 0, scale: 1 };

/** One step through a matrix, that stops at its edges. */
export function move(place: Place, down: number, right: number, rows: number, columns: number): Place {
  const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  return { row: within(place.row + down, rows), column: within(place.column + right, columns) };
}

/** The view after zooming by a factor around a spot, given from the middle: what lies under the spot stays there. */
export function zoomed(view: View, factor: number, spot: { x: number; y: number }): View {
  const scale = Math.max(1, Math.min(16, view.scale * factor));
  if (scale === 1) return STILL;
  const by = scale / view.scale;
  return { scale, x: spot.x - (spot.x - view.x) * by, y: spot.y - (spot.y - view.y) * by };
}
