import { Table } from "@mantine/core";
import { useMachine } from "@/api/machine";
import { useSpeech } from "@/i18n";
import { bytes } from "@/parts/format";
import { Section } from "./Section";

/** What this machine trains with. */
export function DeviceCard() {
  const { t, say } = useSpeech();
  const machine = useMachine().data;
  const device = machine?.device;
  const rows: [string, string | null | undefined][] = [
    [t("settings.deviceName"), device ? device.name : t("settings.unknown")],
    [t("settings.deviceNote"), device?.note && say(device.note)],
    [t("settings.gpuMemory"), device?.memory_bytes && bytes(device.memory_bytes)],
    [t("settings.processors"), machine && String(machine.processors)],
    [t("settings.memory"), machine && bytes(machine.memory_bytes)],
    [t("settings.version"), machine?.version],
  ].map(([label, value]) => [label as string, value ? String(value) : null]);
  return (
    <Section title={t("settings.device")}>
      <Table layout="fixed" verticalSpacing={4} withRowBorders={false}>
        <Table.Tbody>
          {rows.map(
            ([label, value]) =>
              value && (
                <Table.Tr key={label}>
                  <Table.Th fw={400} c="dimmed" w="36%" pl={0} style={{ verticalAlign: "top" }}>
                    {label}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
                </Table.Tr>
              ),
          )}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
