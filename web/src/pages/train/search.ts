import { settingsOf, type Section, type Setting, type Table } from "./recipe";

/** Whether all words stand somewhere in a setting's names (kohya's too), key, options or help, in either language. */
export function isFound(setting: Setting, query: string): boolean {
  const { key, title, label, elsewhere, help, schema } = setting;
  const names = [key, title, label.en, label.zh, ...elsewhere];
  const text = [...names, help.en, help.zh, JSON.stringify(schema)].join("\n").toLowerCase();
  const loose = text.replaceAll("_", " ");
  return words(query).every((word) => text.includes(word) || loose.includes(word));
}

const words = (query: string) => query.toLowerCase().split(/\s+/).filter(Boolean);

/** The tables with those of their settings that are looked for; a section's own title finds all of it. */
export function sift(tables: Table[], query: string, onlyChanged: boolean): Table[] {
  return tables
    .map((table) => {
      const whole = query !== "" && isNamed(table.section, query);
      const lines = table.lines.filter(
        (line) => (line.changed || !onlyChanged) && (whole || isFound(line.setting, query)),
      );
      return { ...table, lines };
    })
    .filter(
      (table) =>
        table.lines.length > 0 ||
        (onlyChanged ? table.kind !== table.wasKind && !query : query !== "" && elsewhere(table, query).length > 0),
    );
}

const isNamed = ({ key, title, elsewhere }: Section, query: string) =>
  [key, title.en, title.zh, ...elsewhere].some((name) => name.toLowerCase() === query.trim().toLowerCase());

/** Kinds other than the chosen one that have a setting that is looked for, which the chosen one hasn't. */
export function elsewhere({ section, kind }: Table, query: string): { kind: string; names: string[] }[] {
  if (query.trim() === "") return [];
  const here = new Set(settingsOf(section, kind).map((one) => one.key));
  return section.kinds
    .filter((one) => one.kind !== kind)
    .map((one) => {
      const found = one.settings.filter((setting) => !here.has(setting.key) && isFound(setting, query));
      const named = one.kind.toLowerCase() === query.trim().toLowerCase();
      return { kind: one.kind, names: found.map((setting) => setting.title), named };
    })
    .filter((one) => one.names.length > 0 || one.named)
    .map(({ kind: name, names }) => ({ kind: name, names }));
}

/** Where somebody who found what they looked for wants to be: the first setting, or the section whose other kind has it. */
export function firstPlace([table]: Table[]): string | undefined {
  const line = table?.lines[0];
  return line ? `setting-${line.setting.key}` : table && `section-${table.section.key}`;
}

/** A help text's first sentence, and the rest. */
export function firstSentence(text: string): [first: string, rest: string] {
  const plain = text.replace(/([\u3000-\u9fff，。；：])\s*\n\s*/g, "$1").replace(/\s*\n\s*/g, " ");
  const end = /。|\.(?=\s)/.exec(plain)?.index ?? plain.length - 1;
  return [plain.slice(0, end + 1), plain.slice(end + 1).trim()];
}
