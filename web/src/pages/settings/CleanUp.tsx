import { Button, Checkbox, Group, Select, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconSparkles } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useClean, useCleanPlan } from "@/api/settings";
import { useSpeech } from "@/i18n";
import { bytes, number } from "@/parts/format";
import { useQuestion } from "@/parts/question";
import { Section } from "./Section";

type Kind = Schemas["CleanedKind"]["kind"];
const KINDS: Kind[] = ["states", "latents", "thumbnails", "logs", "leftovers"];
const AGES = ["0", "1", "7", "30", "90"];

/** What can go is counted first, and goes when that has been seen. */
export function CleanUp() {
  const { t, language } = useSpeech();
  const [kinds, setKinds] = useState<Kind[]>(["thumbnails", "logs", "leftovers"]);
  const [days, setDays] = useState("7");
  const plan = useCleanPlan({ kinds: KINDS, older_than_days: Number(days) }).data;
  const clean = useClean();
  const chosen = (plan?.kinds ?? []).filter((one) => kinds.includes(one.kind));
  const size = chosen.reduce((sum, one) => sum + one.bytes, 0);
  const files = chosen.reduce((sum, one) => sum + one.files, 0);
  const doIt = () =>
    clean.mutate(
      { kinds, older_than_days: Number(days) },
      { onSuccess: (done) => notifications.show({ message: t("settings.freed", { size: bytes(done.bytes) }) }) },
    );
  const ask = useQuestion();
  const askFirst = () =>
    ask(
      {
        title: t("settings.clean"),
        text: t("settings.cleanSure", { files: number(files, language), size: bytes(size) }),
      },
      doIt,
    );
  return (
    <Section title={t("settings.clean")} hint={t("settings.cleanHint")}>
      <Select
        label={t("settings.older")}
        maw={220}
        allowDeselect={false}
        data={AGES.map((age) => ({
          value: age,
          label: age === "0" ? t("settings.anyAge") : t("settings.days", { count: Number(age) }),
        }))}
        value={days}
        onChange={(age) => setDays(age ?? "7")}
      />
      <Stack gap="sm">
        {KINDS.map((kind) => (
          <Kindly
            key={kind}
            kind={kind}
            found={plan?.kinds.find((one) => one.kind === kind)}
            checked={kinds.includes(kind)}
            onCheck={(on) => setKinds((old) => (on ? [...old, kind] : old.filter((one) => one !== kind)))}
          />
        ))}
      </Stack>
      <Group>
        <Button
          variant="light"
          leftSection={<IconSparkles size={16} />}
          disabled={files === 0}
          loading={clean.isPending}
          onClick={askFirst}
        >
          {t("settings.doClean", { size: bytes(size) })}
        </Button>
      </Group>
    </Section>
  );
}

interface KindProps {
  kind: Kind;
  found: Schemas["CleanedKind"] | undefined;
  checked: boolean;
  onCheck: (on: boolean) => void;
}

function Kindly({ kind, found, checked, onCheck }: KindProps) {
  const { t, say, language } = useSpeech();
  const amount = !found
    ? "…"
    : found.files === 0
      ? t("settings.nothing")
      : t("settings.amount", { files: number(found.files, language), size: bytes(found.bytes) });
  return (
    <Group justify="space-between" wrap="nowrap" align="start">
      <Checkbox
        label={t(`settings.clean.${kind}`)}
        description={t(`settings.clean.${kind}Hint`)}
        checked={checked}
        onChange={(event) => onCheck(event.currentTarget.checked)}
      />
      <Stack gap={0} align="end" maw="45%">
        <Text size="sm" ta="right">
          {amount}
        </Text>
        {found?.kept && (
          <Text size="xs" c="dimmed" ta="right">
            {say(found.kept)}
          </Text>
        )}
        {found && found.examples.length > 0 && (
          <Text size="xs" c="dimmed" ta="right" lineClamp={2}>
            {t("settings.examples", { names: found.examples.join(", ") })}
          </Text>
        )}
      </Stack>
    </Group>
  );
}
