import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { Refused, type Schemas } from "./client";
import { type Parcel, parcels } from "./parcels";
import { sentence } from "./queries";

type Report = Schemas["UploadReport"];

export interface Upload {
  name: string;
  state: "waiting" | "sending" | "done" | "known" | "failed";
  /** 0 to 1. */
  progress: number;
  /** Why it failed. */
  text?: { en: string; zh: string };
}

/** Pictures on their way into a dataset, one request after the other, each with its progress. */
export function useUploads(id: string) {
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const queue = useRef<{ parcel: Parcel; index: number }[]>([]);
  const busy = useRef(false);
  const count = useRef(0);

  const update = useCallback((index: number, change: Partial<Upload>) => {
    setUploads((old) => old.map((one, place) => (place === index ? { ...one, ...change } : one)));
  }, []);

  const add = useCallback(
    async (files: File[]) => {
      const fresh = parcels(files);
      queue.current.push(...fresh.map((parcel) => ({ parcel, index: count.current++ })));
      setUploads((old) => [...old, ...fresh.map((parcel): Upload => ({ name: parcel.name, state: "waiting", progress: 0 }))]);
      if (busy.current) return;
      busy.current = true;
      for (let next = queue.current.shift(); next; next = queue.current.shift()) {
        const { parcel, index } = next;
        update(index, { state: "sending" });
        try {
          update(index, outcome(await send(id, parcel, (progress) => update(index, { progress }))));
        } catch (error) {
          const text = error instanceof Refused && error.problem ? error.problem.text : { en: sentence(error), zh: sentence(error) };
          update(index, { state: "failed", text });
        }
      }
      busy.current = false;
      await client.invalidateQueries({ queryKey: ["dataset", id] });
      await client.invalidateQueries({ queryKey: ["datasets"] });
    },
    [client, id, update],
  );
  const clear = useCallback(() => {
    count.current = 0;
    setUploads([]);
  }, []);
  return { uploads, add, clear };
}

function outcome(report: Report): Partial<Upload> {
  const refused = report.left_out.find((one) => one.why !== "duplicate");
  if (refused) return { state: "failed", progress: 1, text: refused.text };
  const known = report.taken.length === 0 && report.captions.length === 0;
  return { state: known ? "known" : "done", progress: 1 };
}

/** `fetch` tells nothing of how much was sent; XMLHttpRequest does. */
function send(id: string, parcel: Parcel, onProgress: (share: number) => void): Promise<Report> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const { file, path } of parcel.files) body.append("files", file, path);
    request.open("POST", `/api/datasets/${id}/pictures`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Refused(null));
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Report);
      else reject(new Refused(request.response as Schemas["Problem"]));
    };
    request.send(body);
  });
}
