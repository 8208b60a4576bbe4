import { Button, Group, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconPlus, IconSparkles, IconUpload } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { hand, nameOf } from "@/api/arriving";
import { useDatasetActions } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { NameDialog } from "@/parts/NameDialog";

/** The two ways to begin: a dataset of one's own, and the sample that ships with the program. */
export function StartButtons({ size }: { size: "sm" | "lg" }) {
  const { t } = useSpeech();
  const { create, open } = useNewDataset();
  const [naming, setNaming] = useState(false);
  return (
    <Group gap="sm">
      <Button size={size} leftSection={<IconPlus size={18} />} onClick={() => setNaming(true)}>
        {t("dataset.new")}
      </Button>
      <Button
        size={size}
        variant="default"
        leftSection={<IconSparkles size={18} />}
        loading={create.isPending && !naming}
        onClick={() => open({ name: t("home.sampleName"), sample: true })}
      >
        {t("home.trySample")}
      </Button>
      {naming && <NewDataset onClose={() => setNaming(false)} />}
    </Group>
  );
}

/** Asks for the name of a new dataset, makes it, and goes there. */
export function NewDataset({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const { create, open } = useNewDataset();
  return (
    <NameDialog
      title={t("dataset.new")}
      action={t("dataset.create")}
      loading={create.isPending}
      onClose={onClose}
      onName={(name) => open({ name, sample: false })}
    />
  );
}

/** Pictures dropped anywhere on the page become a dataset. */
export function DropToStart() {
  const { t } = useSpeech();
  const { open } = useNewDataset();
  return (
    <Dropzone.FullScreen
      active
      withinPortal={false}
      onDrop={(files) => open({ name: nameOf(files) ?? t("home.droppedName"), sample: false }, files)}
      inputProps={{ "aria-label": t("home.drop") }}
    >
      <Stack align="center" justify="center" h="60vh" style={{ pointerEvents: "none" }}>
        <IconUpload size={56} stroke={1.4} />
        <Text size="xl" fw={600}>
          {t("home.drop")}
        </Text>
      </Stack>
    </Dropzone.FullScreen>
  );
}

/** Makes a dataset and opens its page, which takes up the files that come with it. */
function useNewDataset() {
  const navigate = useNavigate();
  const { create } = useDatasetActions();
  const open = (order: { name: string; sample: boolean }, files: File[] = []) =>
    create.mutate(order, {
      onSuccess: ({ id }) => {
        if (files.length > 0) hand(id, files);
        void navigate({ to: "/datasets/$id", params: { id } });
      },
    });
  return { create, open };
}
