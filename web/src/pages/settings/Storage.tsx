import { ColorSwatch, Group, Progress, Table, Text } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useStorage } from "@/api/settings";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { bytes, number } from "@/parts/format";
import { Section } from "./Section";

type Kind = Schemas["StorageUse"]["kind"];

const COLOURS: Record<Kind, string> = {
  datasets: "blue.6",
  runs: "orange.6",
  states: "yellow.6",
  models: "teal.6",
  jobs: "grape.6",
  cache: "gray.6",
  uploads: "pink.6",
};

/** What lies on the disk, as a bar and as a table. */
export function Storage() {
  const { t, language } = useSpeech();
  const storage = useStorage();
  if (!storage.data) return <Waiting query={storage} />;
  const { uses, disk_bytes, disk_free_bytes, data_folder, cache_folder } = storage.data;
  const total = uses.reduce((sum, one) => sum + one.bytes, 0);
  const files = uses.reduce((sum, one) => sum + one.files, 0);
  return (
    <Section
      title={t("settings.storage")}
      hint={t("settings.diskFree", { free: bytes(disk_free_bytes), total: bytes(disk_bytes) })}
    >
      <Progress.Root size="xl" aria-hidden>
        {uses.map((one) => (
          <Progress.Section key={one.kind} value={total ? (one.bytes / total) * 100 : 0} color={COLOURS[one.kind]} />
        ))}
      </Progress.Root>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("settings.what")}</Table.Th>
            <Table.Th ta="right">{t("settings.files")}</Table.Th>
            <Table.Th ta="right">{t("settings.bytes")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {uses.map((one) => (
            <Table.Tr key={one.kind}>
              <Table.Td>
                <Group gap="xs" wrap="nowrap">
                  <ColorSwatch
                    size={12}
                    withShadow={false}
                    color={`var(--mantine-color-${COLOURS[one.kind].replace(".", "-")})`}
                  />
                  {t(`settings.use.${one.kind}`)}
                </Group>
              </Table.Td>
              <Table.Td ta="right">{number(one.files, language)}</Table.Td>
              <Table.Td ta="right">{bytes(one.bytes)}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr fw={600}>
            <Table.Td>{t("settings.total")}</Table.Td>
            <Table.Td ta="right">{number(files, language)}</Table.Td>
            <Table.Td ta="right">{bytes(total)}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {t("settings.dataFolder")} {data_folder}
        <br />
        {t("settings.cacheFolder")} {cache_folder}
      </Text>
    </Section>
  );
}
