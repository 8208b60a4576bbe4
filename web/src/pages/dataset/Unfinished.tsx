import { ActionIcon, Alert, Group, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { dropUpload, useUnfinished } from "@/api/uploads";
import { useSpeech } from "@/i18n";
import { percent } from "@/parts/format";

/** Files whose upload broke off: chosen again, they go on where they were. */
export function Unfinished({ dataset }: { dataset: string }) {
  const { t } = useSpeech();
  const client = useQueryClient();
  const unfinished = useUnfinished(dataset).data ?? [];
  const drop = useMutation({
    mutationFn: (id: string) => dropUpload(dataset, id),
    onSettled: () => client.invalidateQueries({ queryKey: ["dataset", dataset, "uploads"] }),
  });
  if (unfinished.length === 0) return null;
  return (
    <Alert color="blue" variant="light" p="sm" title={t("upload.unfinished")}>
      {unfinished.map((one) => (
        <Group key={one.id} gap="xs" wrap="nowrap">
          <Text size="sm" truncate>
            {one.name}
          </Text>
          <Text size="sm" style={{ whiteSpace: "nowrap" }}>
            {t("upload.sending", { percent: percent(one.offset / Math.max(1, one.size)) })}
          </Text>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t("upload.drop", { name: one.name })}
            onClick={() => drop.mutate(one.id)}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </Group>
      ))}
    </Alert>
  );
}
