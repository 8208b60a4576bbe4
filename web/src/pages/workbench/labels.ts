import type { Schemas } from "@/api/client";
import type { Translate } from "@/i18n";

/** What a file of an adapter is called in a list. */
export function fileLabel(file: Schemas["AdapterFileShape"], t: Translate): string {
  if (file.epoch === null || file.epoch === undefined) return file.name;
  return t(file.final ? "workbench.final" : "workbench.epoch", { epoch: file.epoch });
}
