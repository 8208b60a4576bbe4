import { Badge, Box, Card, Group, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Schemas } from "@/api/client";
import { useLog } from "@/api/jobs";
import { useSpeech } from "@/i18n";

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
      {open && <Lines key={job.attempts} job={job} />}
    </Card>
  );
}

function Lines({ job }: { job: Schemas["JobShape"] }) {
  const { t } = useSpeech();
  const { text, live } = useLog(job.id);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <>
      {live && (
        <Badge mt="sm" variant="light" tt="none">
          {t("run.logLive")}
        </Badge>
      )}
      <Box
        ref={box}
        component="div"
        role="log"
        aria-label={t("run.log")}
        tabIndex={0}
        mt="sm"
        mah={320}
        fz="xs"
        ff="monospace"
        style={{ overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {text || t("run.logEmpty")}
      </Box>
    </>
  );
}
