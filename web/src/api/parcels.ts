import type { Schemas } from "./client";

type Report = Schemas["UploadReport"];

/** A picture with the text beside it, or a zip: what has a line of its own while it is uploaded. */
export interface Parcel {
  name: string;
  bytes: number;
  files: { file: File; path: string }[];
}

interface Dropped extends File {
  /** Set by the drop zone for files of a folder. */
  path?: string;
  relativePath?: string;
}

export interface Outcome {
  state: "done" | "known" | "failed";
  /** Why it wasn't taken. */
  text?: Schemas["Said"];
}

const MOST_PARCELS = 20;
/** Files from here on are sent in parts, so that they go on where they were after a break. */
const LARGE_BYTES = 6 * 2 ** 20;
const MOST_BYTES = 24_000_000;

/** Files by the picture they belong to: `a.png` and `a.txt` go together. What systems hide in folders stays behind. */
export function parcels(files: File[]): Parcel[] {
  const found = new Map<string, Parcel>();
  for (const file of files) {
    const path = pathOf(file);
    if (path.split("/").some((part) => part.startsWith("."))) continue;
    const stem = isZip(path) ? path : path.replace(/\.[^./]+$/, "");
    const parcel = found.get(stem) ?? { name: path, bytes: 0, files: [] };
    parcel.files.push({ file, path });
    parcel.bytes += file.size;
    if (!/\.(txt|caption)$/i.test(path)) parcel.name = path;
    found.set(stem, parcel);
  }
  return [...found.values()];
}

/** Where parcels are parted into requests: a few small ones together, a zip or a large one alone. */
export function nextRequest<T extends { parcel: Parcel }>(waiting: T[]): T[] {
  const [first] = waiting;
  if (!first || isAlone(first.parcel)) return waiting.slice(0, 1);
  let bytes = 0;
  const end = waiting.findIndex(
    ({ parcel }, index) => index >= MOST_PARCELS || isAlone(parcel) || (bytes += parcel.bytes) > MOST_BYTES,
  );
  return waiting.slice(0, end < 0 ? waiting.length : Math.max(1, end));
}

/** What the studio says became of a parcel. */
export function outcomeOf(parcel: Parcel, report: Report): Outcome {
  const mine = ({ source }: { source: string }) =>
    parcel.files.some(({ path }) => source === path || source === `upload/${path}` || source.startsWith(`${path}/`));
  const refused = report.left_out.filter(mine);
  const bad = refused.find((one) => one.why !== "duplicate");
  if (bad) return { state: "failed", text: bad.text };
  return { state: refused.length > 0 && !report.taken.some(mine) ? "known" : "done" };
}

/** How much of each parcel is sent when so many bytes of all are, 0 to 1. */
export function shares(sent: Parcel[], bytes: number): number[] {
  let before = 0;
  return sent.map((parcel) => {
    const share = parcel.bytes === 0 ? 1 : (bytes - before) / parcel.bytes;
    before += parcel.bytes;
    return Math.max(0, Math.min(1, share));
  });
}

/** Whether a parcel is sent in parts. */
export function isLarge(parcel: Parcel): boolean {
  return parcel.files.some(({ file }) => file.size >= LARGE_BYTES);
}

/** What the studio knows a file by, so that it goes on after a reload: its path, size and time. */
export function keyOf(file: File, path: string): string {
  return `${file.size}|${file.lastModified}|${path.slice(-400)}`;
}

/** The same files in another folder of the dataset. */
export function inFolder(parcel: Parcel, folder: string): Parcel {
  const moved = (path: string) => `${folder}/${path.split("/").pop() ?? path}`;
  if (isZip(parcel.name)) {
    const path = `${folder.split("/")[0] ?? folder}.zip`; // a zip counts as a folder of its name
    return { ...parcel, files: parcel.files.map(({ file }) => ({ file, path })) };
  }
  const files = parcel.files.map(({ file, path }) => ({ file, path: moved(path) }));
  return { ...parcel, name: moved(parcel.name), files };
}

function isAlone(parcel: Parcel): boolean {
  return isZip(parcel.name) || isLarge(parcel);
}

export function isZip(path: string): boolean {
  return /\.zip$/i.test(path);
}

/** Where a file lay, from the folder that was dropped. */
function pathOf(file: Dropped): string {
  const path = file.webkitRelativePath || file.relativePath || file.path || file.name;
  return path.replace(/^\.?\//, "");
}
