import type { Schemas } from "@/api/client";
import type { Text, Translate } from "@/i18n";
import type { Axis } from "./form";
import { ownerOf } from "./stacking";

/** What a file of an adapter is called in a list. */
export function fileLabel(file: Schemas["AdapterFileShape"], t: Translate): string {
  if (file.epoch === null || file.epoch === undefined) return file.name;
  return t(file.final ? "workbench.final" : "workbench.epoch", { epoch: file.epoch });
}

interface Speech {
  t: Translate;
  say: (text: Text) => string;
}

/** What the values of an axis are called: files of LoRAs by their epochs, as long as they are there. */
export function axisLabels(
  shape: Schemas["AxisShape"] | null,
  axis: Axis | null | undefined,
  adapters: Schemas["AdapterShape"][],
  { t, say }: Speech,
): string[] {
  if (!shape) return [""];
  const files = axis?.kind === "checkpoint" ? axis.files.map((file) => ownerOf(adapters, file)) : [];
  const several = new Set(files.map((owner) => owner?.adapter.id)).size > 1;
  return shape.labels.map((label, place) => {
    const owner = files[place];
    if (!owner) return say(label);
    return several ? `${owner.adapter.name}, ${fileLabel(owner.file, t)}` : fileLabel(owner.file, t);
  });
}
