import type { Values } from "@/api/recipes";
import { type Section, differences, isTable, kindSlot, valueAt } from "./recipe";

/** What a training has for itself: its name, and the file that it goes on from. */
const OWN = new Set(["name", "adapter.start_from"]);

/** The part of a recipe that differs from its reference: what somebody chose themselves. */
export function chosenPart(sections: Section[], reference: Values, recipe: Values): Values {
  const part: Values = {};
  for (const { key, after } of differences(sections, reference, recipe)) {
    if (after === undefined || OWN.has(key)) continue;
    const section = sections.find((one) => one.kinds.length > 0 && key.startsWith(`${one.key}.`));
    if (section) put(part, kindSlot(section), valueAt(recipe, kindSlot(section)));
    put(part, key, after);
  }
  return part;
}

/** Settings on top of a recipe's; another kind takes its table's place, as in a recipe that is put together of parts. */
export function upon(below: Values, above: Values): Values {
  const made = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = below[key];
    const alike = isTable(old) && isTable(value) && (value.kind ?? old.kind) === old.kind;
    made[key] = alike ? upon(old, value) : value;
  }
  return made;
}

function put(values: Values, key: string, value: unknown) {
  const names = key.split(".");
  const last = names.pop()!;
  let table = values;
  for (const name of names) table = (table[name] ??= {}) as Values;
  table[last] = value;
}
