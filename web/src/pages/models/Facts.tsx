import { Anchor, Card, Collapse, Group, Table, Text, Title, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useLicences } from "@/api/models";
import { useSpeech } from "@/i18n";
import { CopyIcon } from "@/parts/CopyLine";
import { bytes, moment } from "@/parts/format";
import { factsOf } from "./prompts";

type Model = Schemas["ModelDetail"];

/** What a model's file is. */
export function Facts({ model }: { model: Model }) {
  const { t, say, language } = useSpeech();
  const licence = useLicences().data?.find((one) => one.id === model.licence);
  const kind = [model.kind, model.rank.length > 0 && t("model.rank", { rank: model.rank.join(", ") })];
  const rows: [string, ReactNode][] = [
    [t("model.family"), model.family],
    [t("model.base"), model.base],
    [t("model.kind"), kind.filter(Boolean).join(" · ")],
    [t("model.precision"), model.precision],
    [t("model.size"), bytes(model.size_bytes)],
    [t("model.file"), <Copied key="file" text={model.file} what={t("model.file")} />],
    ["SHA-256", <Copied key="sha" text={model.sha256} what="SHA-256" />],
    [t("model.privacy"), t(`model.privacy.${model.privacy ?? "none"}`)],
    [
      t("model.licence"),
      licence && (model.licence_text || <LicenceName licence={licence} name={say(licence.title)} />),
    ],
    [t("model.date"), moment(model.created_at, language)],
  ];
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="xs">
        {t("model.facts")}
      </Title>
      <Table layout="fixed" verticalSpacing={4} withRowBorders={false}>
        <Table.Tbody>
          {rows.map(
            ([label, value]) =>
              value && (
                <Table.Tr key={label}>
                  <Table.Th fw={400} c="dimmed" w="36%" pl={0} style={{ verticalAlign: "top" }}>
                    {label}
                  </Table.Th>
                  <Table.Td style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{value}</Table.Td>
                </Table.Tr>
              ),
          )}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function LicenceName({ licence, name }: { licence: Schemas["LicenceShape"]; name: string }) {
  if (!licence.url) return name;
  return (
    <Anchor href={licence.url} target="_blank" rel="noreferrer" size="sm" underline="always">
      {name}
    </Anchor>
  );
}

function Copied({ text, what }: { text: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="start">
      <Text size="sm" ff={what === "SHA-256" ? "monospace" : undefined}>
        {text}
      </Text>
      <CopyIcon text={text} what={what} />
    </Group>
  );
}

/** What the file says of how it was trained, when asked for. */
export function Settings({ model }: { model: Model }) {
  const { t } = useSpeech();
  const [open, { toggle }] = useDisclosure();
  const facts = factsOf(model.metadata);
  return (
    <Card withBorder padding="md">
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap="xs">
          {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
          <Text fw={650}>{t("model.parameters")}</Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open}>
        {facts.length === 0 && (
          <Text size="sm" c="dimmed" mt="sm">
            {t("model.parametersNone")}
          </Text>
        )}
        <Table layout="fixed" mt="sm" verticalSpacing={2}>
          <Table.Tbody>
            {facts.map(({ key, value }) => (
              <Table.Tr key={key}>
                <Table.Td w="42%">
                  <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                    {key}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Text size="xs" lineClamp={6} style={{ overflowWrap: "anywhere" }}>
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
