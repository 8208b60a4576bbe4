import { Button, Card, FileButton, Group, Progress, ScrollArea, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFolder, IconPhotoPlus, IconUpload } from "@tabler/icons-react";
import { useRef } from "react";
import type { Schemas } from "@/api/client";
import { type Upload, useUploads } from "@/api/uploads";
import { useSpeech } from "@/i18n";

/** Where pictures come in: dropped anywhere on the page, or chosen. Small once the dataset has some. */
export function UploadZone({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const { uploads, add, clear } = useUploads(dataset.id);
  const folder = useRef<HTMLInputElement>(null);
  const empty = dataset.pictures === 0;
  const take = (files: File[]) => void add(files);
  const buttons = (
    <Group gap="xs" justify={empty ? "center" : undefined}>
      <FileButton multiple accept="image/*,.heic,.zip,.txt,.caption" onChange={take}>
        {(props) => (
          <Button
            {...props}
            size={empty ? "md" : "sm"}
            variant={empty ? "filled" : "default"}
            leftSection={<IconPhotoPlus size={16} />}
          >
            {t(empty ? "upload.files" : "upload.more")}
          </Button>
        )}
      </FileButton>
      <Button
        size={empty ? "md" : "sm"}
        variant="default"
        leftSection={<IconFolder size={16} />}
        onClick={() => folder.current?.click()}
      >
        {t("upload.folder")}
      </Button>
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        {...{ webkitdirectory: "" }}
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </Group>
  );
  return (
    <Stack gap="xs">
      <Dropzone.FullScreen active withinPortal={false} onDrop={take} inputProps={{ "aria-label": t("upload.title") }}>
        <Stack align="center" justify="center" h="60vh" style={{ pointerEvents: "none" }}>
          <IconUpload size={56} stroke={1.4} />
          <Text size="xl" fw={600}>
            {t("upload.title")}
          </Text>
        </Stack>
      </Dropzone.FullScreen>
      {empty ? (
        <Card withBorder padding="xl" style={{ borderStyle: "dashed", borderWidth: 2 }}>
          <Stack align="center" gap="sm" py="xl">
            <IconUpload size={48} stroke={1.4} color="var(--mantine-primary-color-filled)" />
            <Text size="lg" fw={600} ta="center">
              {t("upload.title")}
            </Text>
            <Text c="dimmed" ta="center" maw={520}>
              {t("upload.hint")}
            </Text>
            {buttons}
          </Stack>
        </Card>
      ) : (
        buttons
      )}
      {uploads.length > 0 && <UploadList uploads={uploads} onClear={clear} />}
    </Stack>
  );
}

const SHOWN = 100;
const COLOURS = { waiting: "gray", sending: "blue", done: "teal", known: "gray", failed: "red" } as const;

/** How far the uploads are, and those that wait, are on their way, or weren't taken. */
function UploadList({ uploads, onClear }: { uploads: Upload[]; onClear: () => void }) {
  const { t, say } = useSpeech();
  const over = uploads.filter((one) => !["waiting", "sending"].includes(one.state)).length;
  const listed = uploads.filter((one) => one.state !== "done").slice(0, SHOWN);
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" mb={6}>
        <Text size="sm" fw={600} role="status">
          {t("upload.progress", { done: over, count: uploads.length })}
        </Text>
        {over === uploads.length && (
          <Button size="compact-sm" variant="subtle" onClick={onClear}>
            {t("upload.clear")}
          </Button>
        )}
      </Group>
      <Progress value={(over / uploads.length) * 100} mb="xs" aria-label={t("upload.more")} />
      <ScrollArea.Autosize mah={180} type="auto" offsetScrollbars>
        <Stack gap={2}>
          {listed.map((one, index) => (
            <div key={index}>
              <Group gap="xs" wrap="nowrap" justify="space-between">
                <Text size="xs" truncate>
                  {one.name}
                </Text>
                <Text size="xs" c={COLOURS[one.state]} style={{ whiteSpace: "nowrap" }}>
                  {one.state === "sending"
                    ? t("upload.sending", { percent: Math.round(one.progress * 100) })
                    : t(`upload.${one.state}`)}
                </Text>
              </Group>
              {one.text && (
                <Text size="xs" c="red">
                  {say(one.text)}
                </Text>
              )}
            </div>
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </Card>
  );
}
