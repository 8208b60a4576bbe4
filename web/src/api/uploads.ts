import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { Refused, type Schemas } from "./client";
import { type Parcel, nextRequest, outcomeOf, parcels, shares } from "./parcels";
import { sentence } from "./queries";

type Report = Schemas["UploadReport"];

export interface Upload {
  name: string;
  state: "waiting" | "sending" | "done" | "known" | "failed";
  /** 0 to 1. */
  progress: number;
  /** Why it failed. */
  text?: Schemas["Said"];
}

interface Waiting {
  parcel: Parcel;
  index: number;
}

/** Pictures on their way into a dataset, some in a request, one request after the other, each with its progress. */
export function useUploads(id: string) {
  const client = useQueryClient();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const queue = useRef<Waiting[]>([]);
  const busy = useRef(false);
  const count = useRef(0);

  const update = useCallback((them: Waiting[], change: (parcel: Parcel, place: number) => Partial<Upload>) => {
    const changes = new Map(them.map(({ parcel, index }, place) => [index, change(parcel, place)]));
    setUploads((old) => old.map((one, index) => ({ ...one, ...changes.get(index) })));
  }, []);

  const sendNext = useCallback(async () => {
    const these = nextRequest(queue.current);
    queue.current = queue.current.slice(these.length);
    const sent = these.map(({ parcel }) => parcel);
    update(these, () => ({ state: "sending" }));
    const onBytes = (bytes: number) => update(these, (_, place) => ({ progress: shares(sent, bytes)[place] ?? 0 }));
    try {
      const report = await send(id, sent, onBytes);
      update(these, (parcel) => outcomeOf(parcel, report));
    } catch (error) {
      const said =
        error instanceof Refused && error.problem ? error.problem.text : { en: sentence(error), zh: sentence(error) };
      update(these, () => ({ state: "failed", text: said }));
    }
  }, [id, update]);

  const add = useCallback(
    async (files: File[]) => {
      const fresh = parcels(files);
      queue.current.push(...fresh.map((parcel) => ({ parcel, index: count.current++ })));
      setUploads((old) => [
        ...old,
        ...fresh.map((parcel): Upload => ({ name: parcel.name, state: "waiting", progress: 0 })),
      ]);
      if (busy.current) return;
      busy.current = true;
      while (queue.current.length > 0) {
        await sendNext();
        void client.invalidateQueries({ queryKey: ["dataset", id] });
      }
      busy.current = false;
      void client.invalidateQueries({ queryKey: ["datasets"] });
    },
    [client, id, sendNext],
  );
  const clear = useCallback(() => {
    count.current = 0;
    setUploads([]);
  }, []);
  return { uploads, add, clear };
}

/** `fetch` tells nothing of how much was sent; XMLHttpRequest does. */
function send(id: string, sent: Parcel[], onBytes: (bytes: number) => void): Promise<Report> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const { file, path } of sent.flatMap((parcel) => parcel.files)) body.append("files", file, path);
    request.open("POST", `/api/datasets/${id}/pictures`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onerror = () => reject(new Refused(null));
    request.onload = () => {
      if (request.status < 300) resolve(request.response as Report);
      else reject(new Refused(request.response as Schemas["Problem"]));
    };
    request.send(body);
  });
}
