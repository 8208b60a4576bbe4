import type { Schemas } from "@/api/client";
import type { Values } from "@/api/recipes";

export type Section = Schemas["SectionShape"];
export type Setting = Schemas["SettingShape"];

/** What somebody has set, by slot: only what they touched, so that another preset may lie beneath. */
export type Changes = Record<string, unknown>;

/** A setting as it is now. */
export interface Line {
  setting: Setting;
  /** Where a change of it is kept. */
  slot: string;
  value: unknown;
  /** What it is without the change. */
  was: unknown;
  changed: boolean;
}

/** A table of the recipe as it is now. */
export interface Table {
  section: Section;
  kind: string | null;
  /** The kind without a change. */
  wasKind: string | null;
  lines: Line[];
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export const isTable = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at `optimizer.lr`; undefined if there is none. */
export function valueAt(values: Values, key: string): unknown {
  return key
    .split(".")
    .filter(Boolean)
    .reduce<unknown>((table, name) => (isTable(table) ? table[name] : undefined), values);
}

/** A recipe's tables: a reference (a preset, an earlier run) with changes upon it. */
export function tablesOf(sections: Section[], reference: Values, changes: Changes): Table[] {
  return sections.map((section) => {
    const wasKind = kindIn(section, reference);
    const kept = changes[kindSlot(section)];
    const kind = section.kinds.some((one) => one.kind === kept) ? String(kept) : wasKind;
    const before = settingsOf(section, wasKind);
    const lines = settingsOf(section, kind).map((setting): Line => {
      const slot = slotOf(section, setting);
      const known = before.some((one) => alike(one, setting)) ? valueAt(reference, setting.key) : undefined;
      const was = known === undefined ? setting.default : known;
      const value = slot in changes ? changes[slot] : was;
      return { setting, slot, value, was, changed: !same(value, was) };
    });
    return { section, kind, wasKind, lines };
  });
}

/** The recipe that tables are of. What the schema doesn't know (its version, say) is the reference's. */
export function recipeOf(reference: Values, tables: Table[]): Values {
  const recipe = structuredClone(reference);
  for (const { section, kind, lines } of tables) {
    let table = recipe;
    for (const name of section.key.split(".").filter(Boolean)) table = (table[name] ??= {}) as Values;
    if (kind !== null) {
      for (const name of Object.keys(table)) delete table[name];
      table.kind = kind;
    }
    for (const { setting, value } of lines) table[nameOf(setting)] = filled(value);
  }
  return recipe;
}

/** The changes that make a reference into a recipe. */
export function changesTo(sections: Section[], reference: Values, recipe: Values): Changes {
  const changes: Changes = {};
  for (const section of sections) {
    const kind = kindIn(section, recipe);
    if (kind !== kindIn(section, reference)) changes[kindSlot(section)] = kind;
  }
  for (const { lines } of tablesOf(sections, reference, changes)) {
    for (const { setting, slot, was } of lines) {
      const value = valueAt(recipe, setting.key);
      if (value !== undefined && !same(value, was)) changes[slot] = value;
    }
  }
  return changes;
}

export interface Difference {
  key: string;
  before: unknown;
  after: unknown;
}

/** What differs between two recipes, setting by setting in the order of the first; undefined where there is none. */
export function differences(sections: Section[], before: Values, after: Values): Difference[] {
  const keys = sections.flatMap((section) => {
    const used = [kindIn(section, before), kindIn(section, after)];
    const settings = used.flatMap((kind) => settingsOf(section, kind)).map((setting) => setting.key);
    return section.kinds.length ? [kindSlot(section), ...settings] : settings;
  });
  return [...new Set(keys)]
    .map((key) => ({ key, before: valueAt(before, key), after: valueAt(after, key) }))
    .filter((one) => !same(one.before, one.after));
}

/** The settings of a section that has this kind, if it has kinds; the dataset is chosen elsewhere. */
export function settingsOf(section: Section, kind: string | null): Setting[] {
  const own = section.kinds.length
    ? (section.kinds.find((one) => one.kind === kind)?.settings ?? [])
    : section.settings;
  return own.filter((one) => one.schema.format !== "dataset");
}

/**
 * Where a change of a setting is kept. Kinds share a slot if the setting has the same schema and default in both: then it
 * means the same, and a change survives the choice of another kind.
 */
export function slotOf(section: Section, setting: Setting): string {
  const first = section.kinds.find((kind) => kind.settings.some((one) => alike(one, setting)));
  return first ? `${setting.key}@${first.kind}` : setting.key;
}

export const kindSlot = (section: Section) => `${section.key}.kind`;

export const nameOf = (setting: Setting) => setting.key.slice(setting.key.lastIndexOf(".") + 1);

/** A line that is still empty isn't in a list. */
const filled = (value: unknown) => (Array.isArray(value) ? value.filter((one) => one !== "") : value);

const alike = (a: Setting, b: Setting) => a.key === b.key && same(a.schema, b.schema) && same(a.default, b.default);

function kindIn(section: Section, recipe: Values): string | null {
  if (!section.kinds.length) return null;
  const kind = valueAt(recipe, kindSlot(section));
  return typeof kind === "string" ? kind : section.default_kind;
}
