import type { Schemas } from "@/api/client";

type Row = (number | null)[];

/**
 * A curve as uPlot takes it, all of one length: steps, lows, highs, smoothed losses, and validation losses if there are
 * any.
 */
export function aligned(
  curve: Pick<Schemas["CurveShape"], "steps" | "low" | "high" | "smooth" | "validation_steps" | "validation_loss">,
): [number[], ...Row[]] {
  const steps = [...new Set([...curve.steps, ...curve.validation_steps])].sort((a, b) => a - b);
  const spread = (at: number[], values: number[]): Row => {
    const known = new Map(at.map((step, index) => [step, values[index] ?? null]));
    return steps.map((step) => known.get(step) ?? null);
  };
  const losses = (values: number[]) => spread(curve.steps, values);
  const lines: [number[], ...Row[]] = [steps, losses(curve.low), losses(curve.high), losses(curve.smooth)];
  if (curve.validation_steps.length > 0) lines.push(spread(curve.validation_steps, curve.validation_loss));
  return lines;
}
