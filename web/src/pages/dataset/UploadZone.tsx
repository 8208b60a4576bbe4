import { Button, Card, Group, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFolder, IconPhotoPlus, IconUpload } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import type { Schemas } from "@/api/client";
import { takeUp } from "@/api/arriving";
import { useUploads } from "@/api/uploads";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import { LeaveGuard } from "./LeaveGuard";
import { Unfinished } from "./Unfinished";
import { UploadList } from "./UploadList";

/** Where pictures come in: dropped anywhere on the page, or chosen. Small once the dataset has some. */
export function UploadZone({ dataset, tab }: { dataset: Schemas["DatasetDetail"]; tab: string }) {
  const { t } = useSpeech();
  const { uploads, add, clear, going } = useUploads(dataset.id);
  const folder = useRef<HTMLInputElement>(null);
  const empty = dataset.pictures === 0;
  const take = (files: File[]) => void add(files);
  useEffect(() => {
    const files = takeUp(dataset.id);
    if (files.length > 0) void add(files);
  }, [dataset.id, add]);
  // A list in which all has gone well is read once: another tab is another matter.
  const settled = uploads.length > 0 && uploads.every((one) => one.state === "done" || one.state === "known");
  const seen = useRef(tab);
  useEffect(() => {
    if (seen.current !== tab && settled) clear();
    seen.current = tab;
  }, [tab, settled, clear]);
  const buttons = (
    <Group gap="xs" justify={empty ? "center" : undefined}>
      <FilePicker multiple accept="image/*,.heic,.zip,.txt,.caption" onChange={take}>
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
      </FilePicker>
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
      <LeaveGuard going={going} />
      {!going && <Unfinished dataset={dataset.id} />}
      {uploads.length > 0 && <UploadList uploads={uploads} onClear={clear} />}
    </Stack>
  );
}
