/**
 * Numbers as people write them for an axis: `0.5, 0.75, 1`, `1-5`, `10-30 (+10)` (a step), `0-1 [5]` (so many, evenly), as in
 * A1111. Null if that isn't understood.
 */
export function readNumbers(text: string): number[] | null {
  const parts = text.split(/[,，;；]/).map((part) => part.trim());
  const found: number[] = [];
  for (const part of parts) {
    if (part === "") continue;
    const numbers = readPart(part);
    if (!numbers) return null;
    found.push(...numbers);
  }
  return found.length > 0 ? [...new Set(found)] : null;
}

const NUMBER = String.raw`([+-]?\d+(?:\.\d+)?|[+-]?\.\d+)`;
const RANGE = new RegExp(String.raw`^${NUMBER}\s*-\s*${NUMBER}(?:\s*\(\s*${NUMBER}\s*\)|\s*\[\s*(\d+)\s*\])?$`);
const MOST = 400;

function readPart(part: string): number[] | null {
  if (new RegExp(`^${NUMBER}$`).test(part)) return [Number(part)];
  const range = RANGE.exec(part);
  if (!range) return null;
  const [from, to] = [Number(range[1]), Number(range[2])];
  if (range[4] !== undefined) return evenly(from, to, Number(range[4]));
  const step = Math.abs(range[3] === undefined ? 1 : Number(range[3]));
  const count = step > 0 ? Math.floor(Math.abs(to - from) / step + 1e-9) + 1 : 0;
  if (count < 1 || count > MOST) return null;
  return Array.from({ length: count }, (_, place) => tidy(from + Math.sign(to - from) * step * place));
}

function evenly(from: number, to: number, count: number): number[] | null {
  if (count < 1 || count > MOST) return null;
  if (count === 1) return [from];
  return Array.from({ length: count }, (_, place) => tidy(from + ((to - from) * place) / (count - 1)));
}

const tidy = (value: number) => Number(value.toFixed(4));
