import { isTable, type Setting } from "./recipe";

/** The control that suits a setting's JSON schema. */
export type Control =
  | { type: "switch" }
  | { type: "number"; whole: boolean; least?: number; most?: number }
  | { type: "choice"; options: (string | number)[] }
  | { type: "length" }
  | { type: "base" }
  | { type: "adapter" }
  | { type: "list"; most?: number }
  | { type: "table"; whole: boolean }
  | { type: "text" };

export interface Fitting {
  control: Control;
  /** Whether it may be left empty. */
  nullable: boolean;
}

type Json = Record<string, unknown>;

/** A control for a schema. A schema that isn't known gets a text; the studio checks what is written. */
export function fittingOf(schema: Setting["schema"]): Fitting {
  const any = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isTable) : [schema];
  const kept = any.filter((one) => one.type !== "null");
  if (schema.format === "adapter") return { control: { type: "adapter" }, nullable: true };
  return { control: controlOf(kept[0] ?? schema), nullable: kept.length < any.length };
}

function controlOf(schema: Json): Control {
  if (Array.isArray(schema.enum)) return { type: "choice", options: schema.enum as (string | number)[] };
  if (schema.format === "length" || schema.format === "base") return { type: schema.format };
  switch (schema.type) {
    case "boolean":
      return { type: "switch" };
    case "integer":
    case "number":
      return {
        type: "number",
        whole: schema.type === "integer",
        least: number(schema.minimum ?? schema.exclusiveMinimum),
        most: number(schema.maximum ?? schema.exclusiveMaximum),
      };
    case "array":
      return { type: "list", most: number(schema.maxItems) };
    case "object":
      return {
        type: "table",
        whole: isTable(schema.additionalProperties) && schema.additionalProperties.type === "integer",
      };
    default:
      return { type: "text" };
  }
}

const number = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Between what a number must lie: "> 0, ≤ 0.1"; null if anywhere. */
export function boundsOf(schema: Setting["schema"]): string | null {
  const any = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isTable) : [schema];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = any[0] ?? schema;
  const bounds = [
    ["≥", minimum],
    [">", exclusiveMinimum],
    ["≤", maximum],
    ["<", exclusiveMaximum],
  ].filter(([, bound]) => typeof bound === "number");
  return bounds.map((one) => one.join(" ")).join(", ") || null;
}

/** A number as it is written in recipes: 1e-4 rather than 0.0001. */
export function written(value: number): string {
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential().replace("e-0", "e-") : String(value);
}

/** What somebody wrote as a number: null for nothing, the text itself if it is none, so that the studio can say so. */
export function readNumber(text: string): number | string | null {
  const plain = text.trim().replace(",", ".").replace("，", ".").replace("。", ".");
  if (plain === "") return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}

/** "10 epochs" as its number and unit; "never" has none. */
export function readLength(value: unknown): { count: number | null; unit: string } {
  const found = /^(\d+) (epoch|step)s?$/.exec(String(value));
  return found ? { count: Number(found[1]), unit: `${found[2]}s` } : { count: null, unit: "never" };
}

export function writeLength(count: number, unit: string): string {
  return unit === "never" ? "never" : `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

/** A value in one line, for a default or a difference; null for nothing. */
export function shown(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return written(value);
  if (Array.isArray(value)) return value.length ? value.map(String).join("; ") : null;
  if (isTable(value)) {
    const entries = Object.entries(value);
    return entries.length ? entries.map(([key, one]) => `${key} = ${shown(one) ?? ""}`).join("; ") : null;
  }
  return String(value);
}
