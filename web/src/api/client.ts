import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

/** The values that the API sends and takes, by their names there. */
export type Schemas = components["schemas"];

export const api = createClient<paths>({ baseUrl: "/" });

/** A refusal of the studio, with its sentence in both languages; or that it doesn't answer (`problem` is null). */
export class Refused extends Error {
  constructor(readonly problem: Schemas["Problem"] | null) {
    super(problem?.detail ?? "offline");
  }
}

/** The body of an answer. Throws `Refused` if there is none. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const answer = await call.catch(() => {
    throw new Refused(null);
  });
  if (answer.error !== undefined || !answer.response.ok) {
    const problem = answer.error as Schemas["Problem"] | undefined;
    throw new Refused(problem?.text ? problem : null);
  }
  return answer.data as T;
}

/** A key that lets the studio see that a request, sent twice, is the same one. */
export const onceOnly = (key: string = crypto.randomUUID()) => ({ "Idempotency-Key": key });
