import { Alert, Badge, Button, Group, Menu, Stack, Tabs, Text, Title } from "@mantine/core";
import { IconDownload, IconFlame, IconPencil, IconScale, IconTrash } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useDatasetActions, useWatchedDataset } from "@/api/datasets";
import { useDatasetJobs } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { JobLine } from "@/parts/JobLine";
import { MoreMenu } from "@/parts/MoreMenu";
import { NameDialog } from "@/parts/NameDialog";
import { useQuestion } from "@/parts/question";
import { Cautions } from "./Cautions";
import { HealthTab } from "./HealthTab";
import { PicturesTab } from "./PicturesTab";
import { RegularizationDialog } from "./RegularizationDialog";
import { Steps } from "./Steps";
import { TagsTab } from "./TagsTab";
import { UndoButtons } from "./UndoButtons";
import { UploadZone } from "./UploadZone";

const route = getRouteApi("/datasets/$id");

/** A dataset: pictures come in, are cropped and tagged, looked through and mended. */
export function DatasetPage() {
  const { t } = useSpeech();
  const { id } = route.useParams();
  const { tab = "pictures" } = route.useSearch();
  const navigate = route.useNavigate();
  const dataset = useWatchedDataset(id);
  const jobs = useDatasetJobs(id);
  if (!dataset.data) return <Waiting query={dataset} />;
  const empty = dataset.data.pictures === 0;
  return (
    <Stack gap="md">
      <Header dataset={dataset.data} />
      {jobs.map((job) => (
        <JobLine key={job.id} job={job} />
      ))}
      <UploadZone dataset={dataset.data} tab={tab} />
      {!empty && <Steps dataset={dataset.data} />}
      {!empty && tab !== "health" && <Cautions dataset={dataset.data} />}
      <Problems dataset={dataset.data} />
      {!empty && (
        <Tabs
          value={tab}
          onChange={(value) =>
            void navigate({ search: { tab: value === "pictures" ? undefined : (value as "tags" | "health") } })
          }
          keepMounted={false}
        >
          <Tabs.List mb="md">
            <Tabs.Tab value="pictures">{t("dataset.tabPictures")}</Tabs.Tab>
            <Tabs.Tab value="tags">{t("dataset.tabTags")}</Tabs.Tab>
            <Tabs.Tab value="health">{t("dataset.tabHealth")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="pictures">
            <PicturesTab dataset={dataset.data} />
          </Tabs.Panel>
          <Tabs.Panel value="tags">
            <TagsTab dataset={dataset.data} />
          </Tabs.Panel>
          <Tabs.Panel value="health">
            <HealthTab dataset={dataset.data} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Stack>
  );
}

function Header({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { rename, remove } = useDatasetActions();
  const [renaming, setRenaming] = useState(false);
  const [regularizing, setRegularizing] = useState(false);
  const ask = useQuestion();
  const askRemoval = () =>
    ask(
      { title: t("dataset.delete"), text: t("dataset.deleteSure", { name: dataset.name }), yes: t("common.delete") },
      () => remove.mutate(dataset.id, { onSuccess: () => void navigate({ to: "/" }) }),
    );
  return (
    <Group justify="space-between" align="center">
      <div>
        <Title order={1} size="h2">
          {dataset.name}
        </Title>
        <Group gap="xs">
          <Text c="dimmed" size="sm">
            {t("common.pictures", { count: dataset.pictures })}
          </Text>
          {dataset.concepts.map(
            (one) =>
              one.trigger && (
                <Badge key={one.name} tt="none" variant="light">
                  {t("dataset.trigger")}: {one.trigger}
                </Badge>
              ),
          )}
          {dataset.without_caption > 0 && (
            <Badge tt="none" variant="light" color="orange">
              {t("dataset.untaggedCount", { count: dataset.without_caption })}
            </Badge>
          )}
        </Group>
      </div>
      <Group gap="xs">
        <UndoButtons dataset={dataset} />
        <Button
          leftSection={<IconFlame size={16} />}
          disabled={dataset.pictures === 0}
          onClick={() => void navigate({ to: "/train", search: { dataset: dataset.id } })}
        >
          {t("dataset.train")}
        </Button>
        <MoreMenu>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setRenaming(true)}>
            {t("dataset.rename")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconScale size={16} />}
            disabled={dataset.pictures === 0}
            onClick={() => setRegularizing(true)}
          >
            {t("regularization.title")}
          </Menu.Item>
          <Menu.Item
            component="a"
            href={`/api/datasets/${dataset.id}/archive`}
            leftSection={<IconDownload size={16} />}
            disabled={dataset.pictures === 0}
          >
            {t("dataset.download")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={askRemoval}>
            {t("dataset.delete")}
          </Menu.Item>
        </MoreMenu>
      </Group>
      {regularizing && <RegularizationDialog dataset={dataset} onClose={() => setRegularizing(false)} />}
      {renaming && (
        <NameDialog
          title={t("dataset.rename")}
          action={t("common.save")}
          name={dataset.name}
          loading={rename.isPending}
          onClose={() => setRenaming(false)}
          onName={(name) => rename.mutate({ id: dataset.id, name }, { onSuccess: () => setRenaming(false) })}
        />
      )}
    </Group>
  );
}

/** Pictures that can't be used, and what else the scan has to say. */
function Problems({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { say } = useSpeech();
  const lines = [...dataset.problems.map((one) => one.text), ...dataset.notices];
  if (lines.length === 0 || dataset.pictures === 0) return null;
  return (
    <Alert color="yellow" variant="light" p="sm">
      {lines.slice(0, 5).map((line) => (
        <Text key={line.en} size="sm">
          {say(line)}
        </Text>
      ))}
    </Alert>
  );
}
