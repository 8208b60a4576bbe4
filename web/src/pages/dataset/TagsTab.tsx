import {
  ActionIcon,
  Anchor,
  Card,
  Group,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { editTags, useChange, useTagTable } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { TriggerCard } from "./TriggerCard";

const route = getRouteApi("/datasets/$id");

/** The tags of a dataset by frequency, and its trigger words. */
export function TagsTab({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const table = useTagTable(dataset.id);
  const change = useChange(dataset.id);
  const navigate = route.useNavigate();
  if (table.error) return <Failure error={table.error} onRetry={() => void table.refetch()} />;
  const total = table.data?.pictures ?? 1;
  const remove = (tag: string) =>
    change.mutate({
      call: (version) =>
        editTags(dataset.id, version, {
          operations: [{ kind: "delete", tags: [tag] }],
          pictures: [],
          trigger_too: false,
        }),
    });
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "start" }}>
      <Stack>
        <TriggerCard dataset={dataset} />
      </Stack>
      <Card withBorder padding="sm">
        {table.data?.tags.length === 0 && <Text c="dimmed">{t("tag.none")}</Text>}
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("tag.tag")}</Table.Th>
              <Table.Th w="35%">{t("tag.count")}</Table.Th>
              <Table.Th w={36}>
                <VisuallyHidden>{t("common.delete")}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.data?.tags.slice(0, 300).map((one) => (
              <Table.Tr key={one.tag}>
                <Table.Td>
                  <Anchor
                    component="button"
                    size="sm"
                    ta="left"
                    title={t("tag.find")}
                    onClick={() => void navigate({ search: { find: one.tag } })}
                  >
                    {one.tag}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <Group gap="xs" wrap="nowrap">
                    <Text size="sm" w={32} ta="right">
                      {one.pictures}
                    </Text>
                    <Progress value={(one.pictures / total) * 100} size="sm" style={{ flex: 1 }} aria-label={one.tag} />
                  </Group>
                </Table.Td>
                <Table.Td>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={dataset.busy}
                    aria-label={t("tag.delete", { tag: one.tag })}
                    onClick={() => remove(one.tag)}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Card>
    </SimpleGrid>
  );
}
