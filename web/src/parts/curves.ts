import type { Schemas } from "@/api/client";

type Row = (number | null)[];

/** A curve as uPlot takes it: steps, lows, highs, smoothed losses, validation losses, all of one length. */
export function aligned(
  curve: Pick<Schemas["CurveShape"], "steps" | "low" | "high" | "smooth" | "validation_steps" | "validation_loss">,
): [number[], Row, Row, Row, Row] {
  const steps = [...new Set([...curve.steps, ...curve.validation_steps])].sort((a, b) => a - b);
  const spread = (at: number[], values: number[]): Row => {
    const known = new Map(at.map((step, index) => [step, values[index] ?? null]));
    return steps.map((step) => known.get(step) ?? null);
  };
  const losses = (values: number[]) => spread(curve.steps, values);
  return [steps, losses(curve.low), losses(curve.high), losses(curve.smooth), spread(curve.validation_steps, curve.validation_loss)];
}
