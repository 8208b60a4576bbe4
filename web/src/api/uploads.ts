import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { Refused, type Schemas, api, ask } from "./client";
import { type Parcel, isLarge, nextRequest, outcomeOf, parcels, shares } from "./parcels";
import { sentence } from "./queries";
import { patiently, sendInParts, sendTogether } from "./resuming";

export interface Upload {
  name: string;
  /** `offline`: the connection broke; it goes on by itself. */
  state: "waiting" | "sending" | "offline" | "done" | "known" | "failed";
  /** 0 to 1. */
  progress: number;
  /** Why it failed. */
  text?: Schemas["Said"];
}

interface Waiting {
  parcel: Parcel;
  index: number;
}

/** Files of a dataset of which parts have arrived: chosen again, they go on where they were. */
export const useUnfinished = (id: string) =>
  useQuery({
    queryKey: ["dataset", id, "uploads"],
    queryFn: () => ask(api.GET("/api/datasets/{dataset_id}/uploads", { params: { path: { dataset_id: id } } })),
  });

export const dropUpload = (id: string, upload: string) =>
  ask(
    api.DELETE("/api/datasets/{dataset_id}/uploads/{upload_id}", {
      params: { path: { dataset_id: id, upload_id: upload } },
    }),
  );

/**
 * Pictures on their way into a dataset, small ones some in a request, large ones in parts, one after the other, each
 * with its progress. If the connection breaks, they wait and go on where they were.
 */
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
    const onBytes = (bytes: number) =>
      update(these, (_, place) => ({ state: "sending", progress: shares(sent, bytes)[place] ?? 0 }));
    const [first] = sent;
    const send = () => (first && isLarge(first) ? sendInParts(id, first, onBytes) : sendTogether(id, sent, onBytes));
    update(these, () => ({ state: "sending" }));
    try {
      const report = await patiently(send, () => update(these, () => ({ state: "offline" })));
      update(these, (parcel) => outcomeOf(parcel, report));
    } catch (error) {
      const said =
        error instanceof Refused && error.problem ? error.problem.text : { en: sentence(error), zh: sentence(error) };
      update(these, () => ({ state: "failed", text: said }));
    }
  }, [id, update]);

  const addParcels = useCallback(
    async (fresh: Parcel[]) => {
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
  const add = useCallback((files: File[]) => addParcels(parcels(files)), [addParcels]);
  const clear = useCallback(() => {
    count.current = 0;
    setUploads([]);
  }, []);
  const going = uploads.some((one) => !["done", "known", "failed"].includes(one.state));
  return { uploads, add, addParcels, clear, going };
}
