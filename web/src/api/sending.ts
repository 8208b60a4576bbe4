import { Refused, type Schemas } from "./client";

/** Send files in one request, told how much of it is there (0 to 1): `fetch` can't tell, XMLHttpRequest does. */
export function sendFiles<T>(
  url: string,
  field: string,
  files: File[],
  onShare: (share: number) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const file of files) body.append(field, file, file.name);
    request.open("POST", url);
    request.responseType = "json";
    request.upload.onprogress = (event) => onShare(event.total ? event.loaded / event.total : 0);
    request.onerror = () => reject(new Refused(null));
    request.onload = () => {
      const problem = request.response as Schemas["Problem"] | null;
      if (request.status < 300) resolve(request.response as T);
      else reject(new Refused(problem?.text ? problem : null));
    };
    request.send(body);
  });
}
