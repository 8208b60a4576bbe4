import { Anchor, Badge, Button, Card, Grid, Group, Stack, Text, Title } from "@mantine/core";
import { IconArrowForwardUp, IconDownload, IconGift, IconPencil, IconTrash, IconWand } from "@tabler/icons-react";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useModel, useModelActions } from "@/api/models";
import { useSpeech } from "@/i18n";
import { CopyIcon } from "@/parts/CopyLine";
import { Waiting } from "@/parts/Waiting";
import { bytes } from "@/parts/format";
import { useQuestion } from "@/parts/question";
import { EditDialog } from "./EditDialog";
import { Facts, Settings } from "./Facts";
import { Gallery } from "./Gallery";
import { stem } from "./prompts";
import { Usage } from "./Usage";

const route = getRouteApi("/models/$id");

/** A model's card: what it draws, how it is called, and what its file is. */
export function ModelPage() {
  const { id } = route.useParams();
  const model = useModel(id);
  if (!model.data) return <Waiting query={model} />;
  return (
    <Stack gap="lg">
      <Header model={model.data} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            <Gallery model={model.data} />
            {model.data.description && (
              <Card withBorder padding="md">
                <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{model.data.description}</Text>
              </Card>
            )}
            <Settings model={model.data} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            <Usage model={model.data} />
            <Facts model={model.data} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}

function Header({ model }: { model: Schemas["ModelDetail"] }) {
  const { t } = useSpeech();
  const [editing, setEditing] = useState(false);
  return (
    <Group justify="space-between" align="start">
      <div style={{ minWidth: 0 }}>
        <Group gap="sm">
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {model.name}
          </Title>
          {!model.listed && (
            <Badge variant="light" color="gray" tt="none">
              {t("model.unlisted")}
            </Badge>
          )}
          {model.source === "imported" && (
            <Badge variant="light" color="blue" tt="none">
              {t("model.source.imported")}
            </Badge>
          )}
        </Group>
        <Group gap="xs" mt={4}>
          {model.triggers.map((word) => (
            <Group key={word} gap={2} wrap="nowrap">
              <Badge tt="none" variant="light" size="lg">
                {word}
              </Badge>
              <CopyIcon text={word} what={word} />
            </Group>
          ))}
          {model.run_id && (
            <Anchor
              size="sm"
              underline="always"
              renderRoot={(props) => <Link to="/runs/$id" params={{ id: model.run_id ?? "" }} {...props} />}
            >
              {t("model.run")}: {model.run_name}
            </Anchor>
          )}
        </Group>
      </div>
      <Group gap="xs">
        <Button component="a" href={model.url} download={model.file} leftSection={<IconDownload size={16} />}>
          {t(model.only_for ? "model.downloadOnly" : "model.download")} · {bytes(model.size_bytes)}
        </Button>
        <Button
          component="a"
          href={model.bundle}
          download={`${stem(model.file)}.zip`}
          variant="default"
          leftSection={<IconGift size={16} />}
        >
          {t("model.share")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconWand size={16} />}
          renderRoot={(props) => <Link to="/workbench" search={{ model: model.id }} {...props} />}
        >
          {t("model.try")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconArrowForwardUp size={16} />}
          renderRoot={(props) => (
            <Link to="/train" search={{ run: model.run_id ?? undefined, start: `model:${model.id}` }} {...props} />
          )}
        >
          {t("run.trainOn")}
        </Button>
        <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setEditing(true)}>
          {t("model.edit")}
        </Button>
        <Unpublish model={model} />
      </Group>
      {editing && <EditDialog model={model} onClose={() => setEditing(false)} />}
    </Group>
  );
}

function Unpublish({ model }: { model: Schemas["ModelDetail"] }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { remove } = useModelActions();
  const ask = useQuestion();
  return (
    <Button
      variant="subtle"
      color="red"
      leftSection={<IconTrash size={16} />}
      loading={remove.isPending}
      onClick={() =>
        ask({ title: t("model.unpublish"), text: t("model.unpublishSure", { name: model.name }) }, () =>
          remove.mutate(model.id, { onSuccess: () => void navigate({ to: "/models" }) }),
        )
      }
    >
      {t("model.unpublish")}
    </Button>
  );
}
