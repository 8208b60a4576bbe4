/** Files on their way to a dataset that was made for them: dropped on another page, taken up by the dataset's own. */
const arriving = new Map<string, File[]>();

export const hand = (dataset: string, files: File[]) => void arriving.set(dataset, files);

/** The files handed to a dataset, once. */
export function takeUp(dataset: string): File[] {
  const files = arriving.get(dataset) ?? [];
  arriving.delete(dataset);
  return files;
}

/** What to call a dataset of dropped files: their folder, or the zip they are in; null if nothing names them all. */
export function nameOf(files: readonly { name: string; path?: string; webkitRelativePath?: string }[]): string | null {
  const [first] = files;
  if (files.length === 1 && first && /\.zip$/i.test(first.name)) return first.name.replace(/\.zip$/i, "");
  const folders = files.map((file) => {
    const parts = (file.webkitRelativePath || file.path || file.name).replace(/^[./]+/, "").split("/");
    return parts.length > 1 ? parts[0] : undefined;
  });
  return folders.every((folder) => folder && folder === folders[0]) ? (folders[0] ?? null) : null;
}
