import { Anchor, Button, Group, Progress, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconBox, IconFileImport, IconSearch } from "@tabler/icons-react";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useJobs } from "@/api/jobs";
import { useModelActions, useModels } from "@/api/models";
import { useSpeech } from "@/i18n";
import { Tiles } from "@/pages/home/Tiles";
import { FilePicker } from "@/parts/FilePicker";
import { JobLine } from "@/parts/JobLine";
import { Waiting } from "@/parts/Waiting";
import { percent } from "@/parts/format";
import { useTyping } from "@/parts/typing";
import { ModelTile } from "./ModelTile";
import { ToolMenu } from "./tools/ToolMenu";

const route = getRouteApi("/models");

/** What was published or brought in, as pictures. */
export function ModelsPage() {
  const { t } = useSpeech();
  const { find = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const field = useTyping(find, (text) => void navigate({ search: { find: text || undefined }, replace: true }));
  const [search] = useDebouncedValue(find, 200);
  const models = useModels(search);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <div>
          <Title order={1} size="h2">
            {t("model.title")}
          </Title>
          <Text c="dimmed" size="sm">
            {t("model.intro")}
          </Text>
        </div>
        <Group gap="xs">
          <ToolMenu />
          <ImportButton />
        </Group>
      </Group>
      <Made />
      <TextInput
        type="search"
        aria-label={t("model.search")}
        placeholder={t("model.search")}
        leftSection={<IconSearch size={16} />}
        maw={420}
        maxLength={200}
        value={field.value}
        onChange={field.onChange}
        onBlur={field.onBlur}
      />
      {models.data === undefined ? (
        <Waiting query={models} h={200} />
      ) : models.data.length === 0 ? (
        <Nothing search={search} />
      ) : (
        <Tiles>
          {models.data.map((one) => (
            <ModelTile key={one.id} model={one} />
          ))}
        </Tiles>
      )}
    </Stack>
  );
}

const MAKING: string[] = ["merge", "resize", "convert", "extract"];
const SHOWN = 3;

/** What the tools make or have made last. */
function Made() {
  const { t } = useSpeech();
  const jobs = (useJobs().data ?? []).filter((one) => MAKING.includes(one.kind)).slice(0, SHOWN);
  if (jobs.length === 0) return null;
  return (
    <Stack component="section" gap="xs" aria-label={t("tool.made")}>
      <Title order={2} size="h5">
        {t("tool.made")}
      </Title>
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
    </Stack>
  );
}

function Nothing({ search }: { search: string }) {
  const { t } = useSpeech();
  if (search) return <Text c="dimmed">{t("model.notFound", { search })}</Text>;
  return (
    <Stack align="center" gap="xs" py={48}>
      <IconBox size={48} stroke={1.2} />
      <Text size="lg" fw={600}>
        {t("model.none")}
      </Text>
      <Text c="dimmed" ta="center" maw={460}>
        {t("model.noneHint")}
      </Text>
      <Anchor size="sm" renderRoot={(props) => <Link to="/" {...props} />}>
        {t("model.toRuns")}
      </Anchor>
    </Stack>
  );
}

/** Takes a file that was made elsewhere, and shows how much of it is there. */
function ImportButton() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { bringIn } = useModelActions();
  const [sending, setSending] = useState<{ name: string; share: number } | null>(null);
  const take = (file: File | null) => {
    if (!file) return;
    setSending({ name: file.name, share: 0 });
    bringIn.mutate(
      { file, onShare: (share) => setSending({ name: file.name, share }) },
      {
        onSuccess: ({ id, name }) => {
          notifications.show({ message: t("model.imported", { name }) });
          void navigate({ to: "/models/$id", params: { id } });
        },
        onSettled: () => setSending(null),
      },
    );
  };
  if (sending) {
    const share = Math.round(sending.share * 100);
    const label = t("model.importing", { name: sending.name, percent: percent(sending.share) });
    return (
      <Stack gap={4} w={280} maw="100%">
        <Text size="sm" truncate role="status">
          {label}
        </Text>
        <Progress value={share} animated={share === 100} aria-label={label} />
      </Stack>
    );
  }
  return (
    <FilePicker accept=".safetensors" onChange={take}>
      {(props) => (
        <Button {...props} variant="default" leftSection={<IconFileImport size={16} />}>
          {t("model.import")}
        </Button>
      )}
    </FilePicker>
  );
}
