import { Card, Group, Progress, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useMachine } from "@/api/machine";
import { useSpeech } from "@/i18n";
import { bytes } from "@/parts/format";

/** What this machine has, and how much of it is free. */
export function MachineCard() {
  const { t } = useSpeech();
  const machine = useMachine().data;
  if (!machine) return <Skeleton h={180} />;
  const { device } = machine;
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="xs">
        {t("home.machine")}
      </Title>
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" c="dimmed">
            {t("home.device")}
          </Text>
          <Text size="sm" fw={500} truncate title={device?.name}>
            {device ? device.name || device.kind.toUpperCase() : t("home.deviceUnknown")}
          </Text>
        </Group>
        {device?.memory_bytes && device.kind !== "cpu" && (
          <Meter
            label={t("home.gpuMemory")}
            total={device.memory_bytes}
            free={device.free_bytes ?? device.memory_bytes}
          />
        )}
        <Meter label={t("home.memory")} total={machine.memory_bytes} free={machine.memory_free_bytes} />
        <Meter label={t("home.disk")} total={machine.disk_bytes} free={machine.disk_free_bytes} />
      </Stack>
    </Card>
  );
}

function Meter({ label, total, free }: { label: string; total: number; free: number }) {
  const { t } = useSpeech();
  const used = total ? ((total - free) / total) * 100 : 0;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" c="dimmed">
          {label}
        </Text>
        <Text size="xs">{t("home.free", { free: bytes(free), total: bytes(total) })}</Text>
      </Group>
      <Progress value={used} size="sm" color={used > 90 ? "red" : "gray"} aria-label={label} />
    </div>
  );
}
