/** Nested settings as lines: `optimizer.lr`, `4e-3`. What isn't set is left out. */
export function flat(values: Record<string, unknown>, prefix = ""): [string, string][] {
  return Object.entries(values).flatMap(([name, value]): [string, string][] => {
    const key = prefix + name;
    if (value === null || value === undefined || value === "") return [];
    if (Array.isArray(value)) return value.length ? [[key, value.map(String).join("; ")]] : [];
    if (typeof value === "object") return flat(value as Record<string, unknown>, `${key}.`);
    return [[key, String(value)]];
  });
}
