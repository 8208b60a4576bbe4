import { Card, Group, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { LogLines } from "@/parts/LogLines";

const route = getRouteApi("/runs/$id");

/** What the training's process prints, when asked for; it follows while one looks at the end of it. */
export function Log({ job }: { job: Schemas["JobShape"] }) {
  const { t } = useSpeech();
  const { log: open = false } = route.useSearch();
  const navigate = route.useNavigate();
  const toggle = () =>
    void navigate({
      search: (now) => ({ ...now, log: open ? undefined : true }),
      replace: true,
      resetScroll: false,
    });
  return (
    <Card withBorder padding="md">
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap="xs">
          {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
          <Text fw={650}>{t("run.log")}</Text>
        </Group>
      </UnstyledButton>
      {open && <LogLines key={job.attempts} job={job.id} />}
    </Card>
  );
}
