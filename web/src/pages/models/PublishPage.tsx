import { Alert, Anchor, Button, Card, Grid, Group, Radio, Select, Stack, Switch, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPackageExport } from "@tabler/icons-react";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { useModelActions, useModelDraft } from "@/api/models";
import { useCheckpoints, usePreviews } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { CardFields, type CardText } from "./CardFields";
import { ShowPicker } from "./ShowPicker";
import { previewPath } from "./prompts";
import { useTellLeftOut } from "./telling";

const route = getRouteApi("/models/publish");
const LEVELS = ["shareable", "minimal", "full"] as const;

/** Make a model of a training's epoch. */
export function PublishPage() {
  const { t } = useSpeech();
  const { run = "" } = route.useSearch();
  const draft = useModelDraft(run);
  if (run === "")
    return (
      <Stack align="start">
        <Title order={1} size="h2">
          {t("model.publishTitle")}
        </Title>
        <Text>{t("model.noRun")}</Text>
        <Anchor renderRoot={(props) => <Link to="/" {...props} />}>{t("model.toRuns")}</Anchor>
      </Stack>
    );
  if (!draft.data) return <Waiting query={draft} />;
  if (draft.data.checkpoint === null) return <Alert color="yellow">{t("model.noCheckpoint")}</Alert>;
  return <Form key={run} run={run} draft={draft.data} last={draft.data.checkpoint} />;
}

function Form({ run, draft, last }: { run: string; draft: Schemas["ModelDraft"]; last: string }) {
  const { t } = useSpeech();
  const { checkpoint = last } = route.useSearch();
  const navigate = useNavigate();
  const { make } = useModelActions();
  const tell = useTellLeftOut();
  const [card, setCard] = useState<CardText>({
    name: draft.name,
    triggers: draft.triggers,
    description: "",
    licence: "unstated",
    licence_text: "",
  });
  const [privacy, setPrivacy] = useState<Schemas["NewModel"]["privacy"]>("shareable");
  const [listed, setListed] = useState(true);
  const [files, setFiles] = useState<File[]>([]);
  const offered = useOffered(run, checkpoint);
  const [chosen, setChosen] = useState<string[] | null>(null);
  const paths = offered?.map((one) => one.path) ?? [];
  const previews = chosen?.filter((path) => paths.includes(path)) ?? paths;
  const without = listed && offered !== undefined && previews.length + files.length === 0;
  const submit = () =>
    make.mutate(
      { order: { ...card, run_id: run, checkpoint, privacy, previews, listed }, files },
      {
        onSuccess: ({ model, left_out }) => {
          notifications.show({ message: t("model.published", { name: model.name }) });
          tell(left_out);
          void navigate({ to: "/models/$id", params: { id: model.id } });
        },
      },
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="lg">
        <div>
          <Title order={1} size="h2">
            {t("model.publishTitle")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("model.run")}:{" "}
            <Anchor
              size="sm"
              underline="always"
              renderRoot={(props) => <Link to="/runs/$id" params={{ id: run }} {...props} />}
            >
              {draft.name}
            </Anchor>
          </Text>
          <Before models={draft.published} />
        </div>
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Card withBorder padding="md">
              <Stack>
                <EpochSelect run={run} checkpoint={checkpoint} onChange={() => setChosen(null)} />
                <CardFields
                  card={card}
                  nameHint={t("model.nameHint")}
                  onChange={(change) => setCard((old) => ({ ...old, ...change }))}
                />
              </Stack>
            </Card>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack gap="lg">
              <ShowPicker offered={offered} chosen={previews} onChoose={setChosen} files={files} onFiles={setFiles} />
              <Card withBorder padding="md">
                <Radio.Group
                  label={t("model.privacy")}
                  value={privacy}
                  onChange={(value) => setPrivacy(value as (typeof LEVELS)[number])}
                >
                  <Stack gap="sm" mt="xs">
                    {LEVELS.map((level) => (
                      <Radio
                        key={level}
                        value={level}
                        label={t(`model.privacy.${level}`)}
                        description={t(`model.privacy.${level}Hint`)}
                      />
                    ))}
                  </Stack>
                </Radio.Group>
              </Card>
              <Switch
                label={t("model.listed")}
                description={t("model.listedHint")}
                error={without && t("model.needsPicture")}
                checked={listed}
                onChange={(event) => setListed(event.currentTarget.checked)}
              />
              <Group>
                <Button
                  type="submit"
                  leftSection={<IconPackageExport size={16} />}
                  loading={make.isPending}
                  disabled={!card.name.trim() || without || !offered}
                >
                  {t(listed ? "model.publish" : "model.save")}
                </Button>
              </Group>
            </Stack>
          </Grid.Col>
        </Grid>
      </Stack>
    </form>
  );
}

/** The previews of a checkpoint's epoch. */
function useOffered(run: string, checkpoint: string) {
  const checkpoints = useCheckpoints(run).data;
  const rows = usePreviews(run).data?.rows;
  return useMemo(() => {
    if (!checkpoints || !rows) return undefined;
    const saved = checkpoints.find((one) => one.name === checkpoint);
    const ofEpoch = rows.filter((row) => row.epoch !== null && row.epoch === saved?.epoch);
    const row = ofEpoch.find((one) => one.step === saved?.step) ?? ofEpoch.at(-1);
    return (row?.pictures ?? []).flatMap((one) =>
      one ? [{ path: previewPath(one.url), url: one.url, prompt: one.prompt }] : [],
    );
  }, [checkpoints, rows, checkpoint]);
}

function EpochSelect({ run, checkpoint, onChange }: { run: string; checkpoint: string; onChange: () => void }) {
  const { t } = useSpeech();
  const navigate = route.useNavigate();
  const checkpoints = useCheckpoints(run).data ?? [];
  return (
    <Select
      label={t("model.epoch")}
      allowDeselect={false}
      data={[...checkpoints].reverse().map((one) => ({
        value: one.name,
        label: `${t("run.epochN", { epoch: one.epoch })}${one.final ? ` (${t("run.final")})` : ""} · ${one.name}`,
      }))}
      value={checkpoint}
      onChange={(name) => {
        onChange();
        void navigate({ search: { run, checkpoint: name ?? undefined }, replace: true });
      }}
    />
  );
}

function Before({ models }: { models: Schemas["ModelShape"][] }) {
  const { t } = useSpeech();
  if (models.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {t("model.before")}{" "}
      {models.map((one, index) => (
        <span key={one.id}>
          {index > 0 && ", "}
          <Anchor
            size="sm"
            underline="always"
            renderRoot={(props) => <Link to="/models/$id" params={{ id: one.id }} {...props} />}
          >
            {one.name}
          </Anchor>
        </span>
      ))}
    </Text>
  );
}
