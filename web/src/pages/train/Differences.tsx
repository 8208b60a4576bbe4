import { Button, Card, Collapse, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useMemo } from "react";
import { useSpeech } from "@/i18n";
import { shown } from "./control";
import classes from "./Differences.module.css";
import { type Difference, differences } from "./recipe";
import type { Form } from "./useForm";

/** What differs from the preset, or from the earlier run: old and new. */
export function Differences({ form, onShow }: { form: Form; onShow: (key: string) => void }) {
  const { t } = useSpeech();
  const [open, { toggle }] = useDisclosure();
  const { sections, reference, recipe, run } = form;
  const found = useMemo(
    () => (reference && recipe ? differences(sections, reference, recipe) : []),
    [sections, reference, recipe],
  );
  if (found.length === 0) return null;
  const against = run ? run.run_name : t("train.preset");
  return (
    <Card withBorder padding="md">
      <Group justify="space-between" wrap="nowrap">
        <UnstyledButton onClick={toggle} aria-expanded={open}>
          <Group gap="xs" wrap="nowrap">
            {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
            <Text fw={600} size="sm">
              {t("train.changes", { count: found.length, against })}
            </Text>
          </Group>
        </UnstyledButton>
        <Button size="compact-xs" variant="subtle" onClick={form.startAfresh}>
          {t("train.afresh")}
        </Button>
      </Group>
      <Collapse expanded={open}>
        <Stack gap={6} mt="xs">
          {found.map((one) => (
            <Change key={one.key} change={one} onShow={onShow} />
          ))}
        </Stack>
      </Collapse>
    </Card>
  );
}

function Change({ change, onShow }: { change: Difference; onShow: (key: string) => void }) {
  const { t } = useSpeech();
  const said = (value: unknown) => shown(value) ?? t("setting.empty");
  return (
    <UnstyledButton className={classes.change} onClick={() => onShow(change.key)}>
      <Text size="xs" ff="monospace" fw={600}>
        {change.key}
      </Text>
      <Text size="xs" className={classes.values}>
        {change.before === undefined ? t("train.none") : said(change.before)} →{" "}
        <strong>{change.after === undefined ? t("train.none") : said(change.after)}</strong>
      </Text>
    </UnstyledButton>
  );
}
