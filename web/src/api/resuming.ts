import { Refused, type Schemas, api, ask } from "./client";
import { type Parcel, keyOf } from "./parcels";
import { type OnBytes, post } from "./sending";

type Report = Schemas["UploadReport"];

const PART_BYTES = 4 * 2 ** 20;
const LONGEST_WAIT_MS = 20_000;

/** Send parcels in one request; what becomes of them. */
export async function sendTogether(id: string, sent: Parcel[], onBytes: OnBytes): Promise<Report> {
  const body = new FormData();
  for (const { file, path } of sent.flatMap((parcel) => parcel.files)) body.append("files", file, path);
  return (await post("POST", `/api/datasets/${id}/pictures`, body, onBytes)) as Report;
}

/**
 * Send a parcel's files in parts, from where an earlier try left off: the studio keeps what has arrived, and knows the
 * file again by its path, size and time. Throws `Refused` with a null problem if the connection breaks: call it again.
 */
export async function sendInParts(id: string, parcel: Parcel, onBytes: OnBytes): Promise<Report> {
  const place = { params: { path: { dataset_id: id } } };
  const uploads: string[] = [];
  let before = 0;
  for (const { file, path } of parcel.files) {
    const body = { name: path, size: file.size, key: keyOf(file, path) };
    const begun = await ask(api.POST("/api/datasets/{dataset_id}/uploads", { ...place, body }));
    let { offset } = begun;
    while (offset < file.size) {
      const from = before + offset;
      onBytes(from);
      const part = file.slice(offset, offset + PART_BYTES);
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      const there = (await post(
        "PATCH",
        `/api/datasets/${id}/uploads/${begun.id}`,
        part,
        (bytes) => onBytes(from + bytes),
        headers,
      )) as Schemas["UploadShape"];
      offset = there.offset;
    }
    before += file.size;
    uploads.push(begun.id);
  }
  return ask(api.POST("/api/datasets/{dataset_id}/uploads/finish", { ...place, body: { uploads } }));
}

/** Try again for as long as the studio doesn't answer, with longer and longer pauses; `onWait` is told before each. */
export async function patiently<T>(send: () => Promise<T>, onWait: () => void): Promise<T> {
  for (let pause = 1_000; ; pause = Math.min(LONGEST_WAIT_MS, pause * 2)) {
    try {
      return await send();
    } catch (error) {
      if (!isBroken(error)) throw error;
      onWait();
      await pauseOrOnline(pause);
    }
  }
}

/** Whether nothing but the connection was wrong, or a part that broke off is still being noticed. */
function isBroken(error: unknown): boolean {
  return error instanceof Refused && (error.problem === null || error.problem.code === "busy");
}

function pauseOrOnline(pause: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, pause);
    addEventListener("online", done);
  });
}
