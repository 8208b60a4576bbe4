/** What is sent in one request: a picture with the text beside it, or a zip. */
export interface Parcel {
  name: string;
  files: { file: File; path: string }[];
}

interface Dropped extends File {
  /** Set by the drop zone for files of a folder. */
  path?: string;
  relativePath?: string;
}

/** Files by the picture they belong to: `a.png`, `a.txt` go together, in the order of the pictures. */
export function parcels(files: File[]): Parcel[] {
  const groups = new Map<string, Parcel>();
  for (const file of files) {
    const path = pathOf(file);
    if (path.split("/").some((part) => part.startsWith("."))) continue;
    const stem = path.replace(/\.[^./]+$/, "");
    const parcel = groups.get(stem) ?? { name: path, files: [] };
    parcel.files.push({ file, path });
    if (!/\.(txt|caption)$/i.test(path)) parcel.name = path;
    groups.set(stem, parcel);
  }
  return [...groups.values()];
}

/** Where a file lay, from the folder that was dropped. */
function pathOf(file: Dropped): string {
  const path = file.webkitRelativePath || file.relativePath || file.path || file.name;
  return path.replace(/^\.?\//, "");
}
