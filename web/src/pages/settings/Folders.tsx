import { ActionIcon, Badge, Button, Card, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { IconFolder, IconPlus, IconRefresh, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { sentence } from "@/api/queries";
import { useFolders, useSaveSettings, useSettings } from "@/api/settings";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { bytes } from "@/parts/format";
import { Section } from "./Section";

type Kind = Schemas["FolderScan"]["kind"];
const FIELDS = { base: "base_folders", tagger: "tagger_folders" } as const;

/** The folders in which bases or taggers are looked for, each with what lies in it. */
export function Folders({ kind }: { kind: Kind }) {
  const { t } = useSpeech();
  const settings = useSettings();
  const scans = useFolders();
  const save = useSaveSettings();
  const [path, setPath] = useState("");
  const field = FIELDS[kind];
  if (!settings.data) return <Waiting query={settings} h={180} />;
  const folders = settings.data[field] ?? [];
  const set = (changed: string[], then?: () => void) =>
    save.mutate({ ...settings.data, [field]: changed }, { onSuccess: then });
  return (
    <Section title={t(`settings.${kind}s`)} hint={t(`settings.${kind}sHint`)}>
      {folders.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("settings.noFolders")}
        </Text>
      )}
      {folders.map((folder) => (
        <Folder
          key={folder}
          path={folder}
          scan={scans.data?.find((one) => one.kind === kind && one.path === folder)}
          onRemove={() => set(folders.filter((one) => one !== folder))}
        />
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim()) set([...folders, path.trim()], () => setPath(""));
        }}
      >
        <Group gap="xs" align="start">
          <TextInput
            flex={1}
            miw={220}
            aria-label={`${t(`settings.${kind}s`)}: ${t("settings.folder")}`}
            placeholder={t(`settings.${kind}sPlaceholder`)}
            maxLength={1000}
            value={path}
            error={save.isError && path !== "" && sentence(save.error)}
            onChange={(event) => {
              save.reset();
              setPath(event.currentTarget.value);
            }}
          />
          <Button
            type="submit"
            variant="default"
            leftSection={<IconPlus size={16} />}
            disabled={!path.trim()}
            loading={save.isPending}
          >
            {t("settings.add")}
          </Button>
          {folders.length > 0 && (
            <Button
              variant="subtle"
              leftSection={<IconRefresh size={16} />}
              loading={scans.isFetching}
              onClick={() => void scans.refetch()}
            >
              {t("settings.scan")}
            </Button>
          )}
        </Group>
      </form>
    </Section>
  );
}

interface FolderProps {
  path: string;
  scan: Schemas["FolderScan"] | undefined;
  onRemove: () => void;
}

function Folder({ path, scan, onRemove }: FolderProps) {
  const { t, say } = useSpeech();
  const nothing = scan && scan.there && scan.found.length + scan.unusable.length === 0;
  return (
    <Card withBorder padding="sm">
      <Group gap="xs" wrap="nowrap" align="start">
        <IconFolder size={18} style={{ flexShrink: 0, marginTop: 3 }} />
        <Text size="sm" fw={500} flex={1} style={{ overflowWrap: "anywhere" }}>
          {path}
        </Text>
        {!scan && <Loader size="xs" />}
        <ActionIcon variant="subtle" color="gray" aria-label={t("settings.remove", { path })} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      {scan && (
        <Stack gap={4} mt={4}>
          {!scan.there && (
            <Badge variant="light" color="orange" tt="none" fw={600}>
              {t("settings.gone")}
            </Badge>
          )}
          {nothing && (
            <Text size="sm" c="dimmed">
              {t("settings.empty")}
            </Text>
          )}
          <Group gap={6}>
            {scan.found.map((one) => (
              <Badge key={one.id} variant="light" color="teal" tt="none" size="lg" fw={500} maw="100%">
                {[one.name, one.family_title, one.size_bytes && bytes(one.size_bytes)].filter(Boolean).join(" · ")}
              </Badge>
            ))}
          </Group>
          {scan.unusable.map((one) => (
            <Text key={one.name} size="sm" style={{ overflowWrap: "anywhere" }}>
              <Badge component="span" variant="light" color="orange" tt="none" fw={600} mr={6}>
                {one.name}
              </Badge>
              {say(one.text)}
            </Text>
          ))}
        </Stack>
      )}
    </Card>
  );
}
