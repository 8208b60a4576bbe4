import { Badge } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";

type State = Schemas["JobShape"]["state"];

const COLOURS: Record<State, string> = {
  queued: "gray",
  starting: "blue",
  running: "blue",
  stopping: "yellow",
  succeeded: "teal",
  failed: "red",
  cancelled: "gray",
  interrupted: "orange",
};

/** The state of a job, in a word and a colour. */
export function StateBadge({ state }: { state: State }) {
  const { t } = useSpeech();
  return (
    <Badge color={COLOURS[state]} variant="light" tt="none" style={{ flexShrink: 0 }}>
      {t(`job.state.${state}`)}
    </Badge>
  );
}
