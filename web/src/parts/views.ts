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

/** A place as an address holds it: `2-0`. */
export const written = (place: Place) => `${place.row}-${place.column}`;

/** The place that an address holds, or null. */
export function read(text: string | undefined): Place | null {
  const found = /^(\d{1,4})-(\d{1,4})$/.exec(text ?? "");
  return found ? { row: Number(found[1]), column: Number(found[2]) } : null;
}

/** The place that is compared with another: `r0` is row 0 of its column, `c1` is column 1 of its row. */
export function besideOf(text: string | undefined, place: Place): Place | null {
  const found = /^([rc])(\d{1,4})$/.exec(text ?? "");
  if (!found) return null;
  const index = Number(found[2]);
  return found[1] === "r" ? { ...place, row: index } : { ...place, column: index };
}
