import type { Schemas } from "@/api/client";

type Mirror = Schemas["PictureShape"]["mirror"];

/** From which side a picture can be shown; null leaves it to the recipe. */
export const MIRRORS = [
  { key: "auto", value: null },
  { key: "on", value: true },
  { key: "off", value: false },
  { key: "always", value: "always" },
] as const satisfies readonly { key: string; value: Mirror }[];

export type MirrorKey = (typeof MIRRORS)[number]["key"];

/** What a picture says, as the name of a choice. */
export const mirrorKey = (mirror: Mirror): MirrorKey => MIRRORS.find(({ value }) => value === mirror)?.key ?? "auto";

export const mirrorOf = (key: string): Mirror => MIRRORS.find((one) => one.key === key)?.value ?? null;
