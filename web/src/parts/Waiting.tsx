import { Center, Loader } from "@mantine/core";
import { Failure } from "./Failure";

interface Props {
  query: { error: unknown; refetch: () => Promise<unknown> };
  h?: number;
}

/** What stands where something is still on its way, or can't come. What did come stays, whatever is asked for later. */
export function Waiting({ query, h = 300 }: Props) {
  return query.error ? (
    <Failure error={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Center h={h} component={Loader} />
  );
}
