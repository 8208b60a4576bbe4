import { ActionIcon, Alert, Anchor, Card, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useSpeech } from "@/i18n";
import { Marked } from "@/parts/Marked";
import { type Line, type Table, kindSlot } from "../recipe";
import { elsewhere } from "../search";
import { FieldRow } from "./FieldRow";
import { KindChoice } from "./KindChoice";

export interface Misfit {
  field: string;
  text: string;
}

interface Props {
  table: Table;
  query: string;
  misfit: Misfit | null;
  onChange: (line: Line, value: unknown) => void;
  onKind: (slot: string, kind: string) => void;
  onReset: (slot: string) => void;
}

/** A table of the recipe: what it is for, its kind, its settings. */
export function RecipeSection({ table, query, misfit, onChange, onKind, onReset }: Props) {
  const { t, say } = useSpeech();
  const { section, kind, wasKind, lines } = table;
  const slot = kindSlot(section);
  const own = misfit && (misfit.field === section.key || misfit.field === slot) ? misfit.text : null;
  const others = elsewhere(table, query);
  return (
    <Card
      withBorder
      component="section"
      id={`section-${section.key}`}
      aria-labelledby={`title-${section.key}`}
      style={{ scrollMarginTop: 72 }}
    >
      <Group justify="space-between" align="start" mb="xs">
        <div style={{ flex: "1 1 260px" }}>
          <Title order={2} size="h4" id={`title-${section.key}`} tabIndex={-1}>
            {say(section.title)}
          </Title>
          <Text size="sm" c="dimmed">
            <Marked>{say(section.help)}</Marked>
          </Text>
        </div>
        {kind !== null && (
          <Stack gap={4} style={{ flex: "0 1 260px", minWidth: 200 }}>
            <Group gap={4} wrap="nowrap">
              <div style={{ flex: 1 }}>
                <KindChoice
                  section={section}
                  kind={kind}
                  label={t("setting.kind")}
                  invalid={own !== null}
                  onChange={(chosen) => onKind(slot, chosen)}
                />
              </div>
              {kind !== wasKind && (
                <Tooltip label={t("setting.reset", { value: wasKind ?? "" })}>
                  <ActionIcon
                    variant="subtle"
                    aria-label={t("setting.resetOne", { name: t("setting.kind"), value: wasKind ?? "" })}
                    onClick={() => onReset(slot)}
                  >
                    <IconArrowBackUp size={16} />
                  </ActionIcon>
                </Tooltip>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              <Marked>{say(section.kinds.find((one) => one.kind === kind)?.help ?? section.help)}</Marked>
            </Text>
          </Stack>
        )}
      </Group>
      {own && (
        <Alert color="red" p="xs" mb="xs" role="alert">
          {own}
        </Alert>
      )}
      {lines.map((line) => (
        <FieldRow
          key={line.setting.key}
          line={line}
          error={misfit && isAt(misfit.field, line.setting.key) ? misfit.text : null}
          onChange={onChange}
          onReset={onReset}
        />
      ))}
      {others.length > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t("setting.elsewhere")}{" "}
          {others.map((one, index) => (
            <span key={one.kind}>
              {index > 0 && " · "}
              <Anchor component="button" type="button" size="sm" onClick={() => onKind(slot, one.kind)}>
                {[one.kind, one.names.join(", ")].filter(Boolean).join(": ")}
              </Anchor>
            </span>
          ))}
        </Text>
      )}
    </Card>
  );
}

const isAt = (field: string, key: string) => field === key || field.startsWith(`${key}.`);
