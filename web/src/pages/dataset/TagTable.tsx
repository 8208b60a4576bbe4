import { Anchor, Checkbox, Group, Progress, Table, Text, VisuallyHidden } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";

interface Props {
  tags: Schemas["TagCountShape"][];
  /** How many pictures there are. */
  total: number;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onFind: (tag: string) => void;
}

/** Tags with how many pictures have them; a tag leads to its pictures. */
export function TagTable({ tags, total, selected, onSelect, onFind }: Props) {
  const { t, language } = useSpeech();
  const toggle = (tag: string) => {
    const next = new Set(selected);
    if (!next.delete(tag)) next.add(tag);
    onSelect(next);
  };
  return (
    <Table verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={32}>
            <VisuallyHidden>{t("dataset.choose")}</VisuallyHidden>
          </Table.Th>
          <Table.Th>{t("tag.tag")}</Table.Th>
          <Table.Th w="35%">{t("tag.count")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tags.map((one) => (
          <Table.Tr key={one.tag}>
            <Table.Td>
              <Checkbox
                size="md"
                aria-label={t("dataset.select", { name: one.tag })}
                checked={selected.has(one.tag)}
                onChange={() => toggle(one.tag)}
              />
            </Table.Td>
            <Table.Td style={{ overflowWrap: "anywhere" }}>
              <Anchor component="button" size="sm" ta="left" title={t("tag.find")} onClick={() => onFind(one.tag)}>
                {one.tag}
              </Anchor>
              {language === "zh" && one.zh && (
                <Text span size="xs" c="dimmed" ml={6}>
                  {one.zh}
                </Text>
              )}
            </Table.Td>
            <Table.Td>
              <Group gap="xs" wrap="nowrap">
                <Text size="sm" w={32} ta="right">
                  {one.pictures}
                </Text>
                <Progress value={(one.pictures / total) * 100} size="sm" style={{ flex: 1 }} aria-label={one.tag} />
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
