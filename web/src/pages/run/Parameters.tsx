import { Card, Collapse, Group, Table, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { flat } from "./flat";

/** Every setting of a training, when asked for. */
export function Parameters({ run }: { run: Schemas["RunDetail"] }) {
  const { t } = useSpeech();
  const [open, { toggle }] = useDisclosure();
  if (!run.recipe) return null;
  return (
    <Card withBorder padding="md">
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap="xs">
          {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
          <Text fw={650}>{t("run.parameters")}</Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        <Table mt="sm" verticalSpacing={2}>
          <Table.Tbody>
            {flat(run.recipe).map(([key, value]) => (
              <Table.Tr key={key}>
                <Table.Td>
                  <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                    {key}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Text size="xs" style={{ overflowWrap: "anywhere" }}>
                    {value}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Collapse>
    </Card>
  );
}
