import { Card, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { editTags, useChange, useTagTable } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { suggest } from "@/parts/tags";
import { CaptionCheckCard } from "./CaptionCheckCard";
import { TagActions } from "./TagActions";
import { TagTable } from "./TagTable";
import { TriggerCard } from "./TriggerCard";

const route = getRouteApi("/datasets/$id");
const SHOWN = 300;

type Operation = Schemas["TagEdit"]["operations"][number];

/** The tags of a dataset by frequency, to rename, merge and delete everywhere; and its trigger words. */
export function TagsTab({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const table = useTagTable(dataset.id);
  const change = useChange(dataset.id);
  const navigate = route.useNavigate();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [words, setWords] = useState("");
  const find = useDeferredValue(words);
  const tags = useMemo(() => table.data?.tags ?? [], [table.data]);
  const shown = useMemo(() => {
    const fitting = new Set(suggest(find, tags, [], [], tags.length).map((one) => one.tag));
    return tags.filter((one) => fitting.has(one.tag));
  }, [find, tags]);
  if (!table.data) return <Waiting query={table} />;
  const edit = (operations: Operation[]) =>
    change.mutateAsync({
      call: (version) => editTags(dataset.id, version, { operations, pictures: [], trigger_too: false }),
    });
  const there = tags.filter((one) => selected.has(one.tag)).map((one) => one.tag);
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "start" }}>
      <Stack>
        <TriggerCard dataset={dataset} />
        <CaptionCheckCard dataset={dataset} />
      </Stack>
      <Card withBorder padding="sm">
        {tags.length === 0 && <Text c="dimmed">{t("tag.none")}</Text>}
        {tags.length > 0 && (
          <Stack gap="xs">
            <Group gap="xs">
              <TextInput
                size="xs"
                aria-label={t("tag.search")}
                placeholder={t("tag.search")}
                leftSection={<IconSearch size={14} />}
                value={words}
                onChange={(event) => setWords(event.currentTarget.value)}
                style={{ flex: 1 }}
              />
              <TagActions
                tags={there}
                disabled={dataset.busy}
                onEdit={(operations) => void edit(operations).then(() => setSelected(new Set()))}
              />
            </Group>
            <TagTable
              tags={shown.slice(0, SHOWN)}
              total={table.data?.pictures ?? 1}
              selected={selected}
              onSelect={setSelected}
              onFind={(tag) => void navigate({ search: { find: `"${tag}"` } })}
            />
            {shown.length > SHOWN && (
              <Text size="sm" c="dimmed">
                {t("batch.andMore", { count: shown.length - SHOWN })}
              </Text>
            )}
          </Stack>
        )}
      </Card>
    </SimpleGrid>
  );
}
