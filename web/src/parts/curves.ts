/** A curve: its values by step, null where there is none. */
export interface Line {
  steps: number[];
  values: (number | null)[];
}

type Row = (number | null)[];

/** Lines over one axis, as uPlot takes them: all steps that any has, then the values of each line at them. */
export function aligned(lines: Line[]): [number[], ...Row[]] {
  const steps = [...new Set(lines.flatMap((line) => line.steps))].sort((a, b) => a - b);
  const rows = lines.map((line): Row => {
    const known = new Map(line.steps.map((step, index) => [step, line.values[index] ?? null]));
    return steps.map((step) => known.get(step) ?? null);
  });
  return [steps, ...rows];
}

/**
 * Exponential moving average without the bias of its start: `strength` 0 leaves the values as they are, 0.95 averages
 * about the last twenty. Where there is no value, there is none afterwards.
 */
export function smoothed(values: (number | null)[], strength: number): (number | null)[] {
  let mean = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = strength * mean + (1 - strength) * value;
    weight = strength * weight + (1 - strength);
    return mean / weight;
  });
}
