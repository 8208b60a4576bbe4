import { Card, Collapse, Group, Select, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useRun, useRuns } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { SettingsTable } from "@/parts/SettingsTable";
import { flat, sideBySide } from "@/parts/settings";

const route = getRouteApi("/runs/$id");

/** Every setting of a training, when asked for; held against another's, only what differs. */
export function Parameters({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const { other } = route.useSearch();
  const navigate = route.useNavigate();
  const [open, { toggle }] = useDisclosure(other !== undefined);
  const others = (useRuns().data ?? []).filter((one) => one.id !== run.id);
  if (!run.recipe) return null;
  return (
    <Card withBorder padding="md">
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap="xs">
          {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
          <Text fw={650}>{t("run.parameters")}</Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        {others.length > 0 && (
          <Select
            mt="sm"
            size="xs"
            clearable
            label={t("run.diff")}
            placeholder={t("run.diffNone")}
            data={others.map((one) => ({ value: one.id, label: one.name }))}
            value={other ?? null}
            onChange={(value) =>
              void navigate({
                search: (now) => ({ ...now, other: value ?? undefined }),
                replace: true,
                resetScroll: false,
              })
            }
          />
        )}
        {other ? (
          <Difference run={run} other={other} />
        ) : (
          <SettingsTable
            settings={flat(run.recipe).map(([key, value]) => ({ key, values: [value], differs: false }))}
          />
        )}
      </Collapse>
    </Card>
  );
}

function Difference({ run, other }: { run: Schemas["RunDetail"]; other: string }) {
  const { t } = useSpeech();
  const against = useRun(other).data;
  if (!against) return null;
  const settings = sideBySide([run.recipe, against.recipe]).filter((one) => one.differs);
  if (settings.length === 0)
    return (
      <Text size="sm" mt="sm" c="dimmed">
        {t("compare.same")}
      </Text>
    );
  return <SettingsTable settings={settings} heads={[run.name, against.name]} />;
}
