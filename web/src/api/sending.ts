import { Refused, type Schemas } from "./client";

export type OnBytes = (bytes: number) => void;

/** `fetch` tells nothing of how much was sent; XMLHttpRequest does. */
export function post(
  method: string,
  url: string,
  body: FormData | Blob,
  onBytes: OnBytes,
  headers: Record<string, string> = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onerror = () => reject(new Refused(null));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else {
        const problem = request.response as Schemas["Problem"] | null;
        reject(new Refused(problem?.text ? problem : null));
      }
    };
    request.send(body);
  });
}

/** Send files in one request, told how much of it is there (0 to 1). */
export async function sendFiles<T>(
  url: string,
  field: string,
  files: File[],
  onShare: (share: number) => void = () => undefined,
): Promise<T> {
  const body = new FormData();
  for (const file of files) body.append(field, file, file.name);
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return (await post("POST", url, body, (sent) => onShare(bytes ? Math.min(1, sent / bytes) : 0))) as T;
}
