import { ActionIcon, Tooltip } from "@mantine/core";
import { IconStar, IconStarFilled } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useRunActions } from "@/api/runs";
import { useSpeech } from "@/i18n";

interface Props {
  run: Schemas["RunDetail"];
  checkpoint: string;
  label: string;
}

/** Choose a file as the one that is published and tried, or take that back. */
export function Star({ run, checkpoint, label }: Props) {
  const { t } = useSpeech();
  const { pick } = useRunActions(run.id);
  const chosen = run.pick === checkpoint;
  return (
    <Tooltip label={t(chosen ? "run.picked" : "run.pick")}>
      <ActionIcon
        variant="subtle"
        color={chosen ? "yellow.7" : "gray"}
        aria-pressed={chosen}
        aria-label={`${t("run.pick")}: ${label}`}
        loading={pick.isPending}
        onClick={() => pick.mutate(chosen ? null : checkpoint)}
      >
        {chosen ? <IconStarFilled size={18} /> : <IconStar size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
