import { ScrollArea, Table, Text } from "@mantine/core";
import { useSpeech } from "@/i18n";
import type { Setting } from "./settings";

/** Settings, a line each; of several recipes side by side, what differs stands out. */
export function SettingsTable({ settings, heads }: { settings: Setting[]; heads?: string[] }) {
  const { t } = useSpeech();
  return (
    <ScrollArea type="auto" tabIndex={heads ? 0 : undefined} aria-label={t("run.parameters")}>
      <Table mt="sm" verticalSpacing={2}>
        {heads && (
          <Table.Thead>
            <Table.Tr>
              <Table.Th>
                <Text size="xs">{t("compare.setting")}</Text>
              </Table.Th>
              {heads.map((head, index) => (
                <Table.Th key={index} miw={90}>
                  <Text size="xs" fw={600}>
                    {head}
                  </Text>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
        )}
        <Table.Tbody>
          {settings.map(({ key, values, differs }) => (
            <Table.Tr key={key}>
              <Table.Td miw={heads && 120}>
                <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                  {key}
                </Text>
              </Table.Td>
              {values.map((value, index) => (
                <Table.Td key={index}>
                  <Text size="xs" fw={differs ? 600 : undefined} style={{ overflowWrap: "anywhere" }}>
                    {value ?? "–"}
                  </Text>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
