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

export interface Setting {
  key: string;
  /** Of each recipe; null where it isn't set. */
  values: (string | null)[];
  differs: boolean;
}

/** The settings of several recipes side by side, in the order of their first mention. */
export function sideBySide(recipes: (Record<string, unknown> | null)[]): Setting[] {
  const lines = recipes.map((recipe) => new Map(flat(recipe ?? {})));
  const keys = [...new Set(lines.flatMap((one) => [...one.keys()]))];
  return keys.map((key) => {
    const values = lines.map((one) => one.get(key) ?? null);
    return { key, values, differs: new Set(values).size > 1 };
  });
}
