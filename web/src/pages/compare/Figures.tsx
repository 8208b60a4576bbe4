import { Anchor, Badge, Card, ScrollArea, Stack, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { FIT_COLOURS, JudgedTable } from "@/parts/JudgedTable";
import { duration, short } from "@/parts/format";

interface Compared {
  id: string;
  run: Schemas["RunDetail"];
  curve: Schemas["CurveShape"];
  judgement: Schemas["JudgementShape"];
}

/** How the trainings ended, and what was measured of their epochs. */
export function Figures({ compared, names }: { compared: Compared[]; names: string[] }) {
  const { t, language } = useSpeech();
  const lines: [string, (one: Compared) => ReactNode][] = [
    [t("run.step"), ({ run }) => `${run.step} / ${run.total_steps}`],
    [t("run.loss"), ({ run }) => (run.loss === null ? "–" : short(run.loss))],
    [t("run.validation"), ({ curve }) => lowest(curve)],
    [t("run.took"), ({ run }) => duration(run.training_seconds, language)],
    [
      t("judge.best"),
      ({ judgement }) => (judgement.best_epoch ? t("run.epochN", { epoch: judgement.best_epoch }) : "–"),
    ],
    [t("judge.title"), ({ judgement }) => judgement.fit && <Fit fit={judgement.fit} />],
  ];
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("compare.figures")}
      </Title>
      <ScrollArea type="auto" tabIndex={0} aria-label={t("compare.figures")}>
        <Table verticalSpacing={4} w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {compared.map(({ id }, index) => (
                <Table.Th key={id} miw={120}>
                  <Anchor fw={600} size="sm" renderRoot={(props) => <Link to="/runs/$id" params={{ id }} {...props} />}>
                    {names[index]}
                  </Anchor>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map(([label, show]) => (
              <Table.Tr key={label}>
                <Table.Th fw={400} c="dimmed">
                  {label}
                </Table.Th>
                {compared.map((one) => (
                  <Table.Td key={one.id}>{show(one) ?? "–"}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      <Stack mt="md">
        {compared.map(
          ({ id, judgement }, index) =>
            judgement.epochs.length > 0 && (
              <section key={id}>
                <Text size="sm" fw={600}>
                  {names[index]}
                </Text>
                <JudgedTable judgement={judgement} />
              </section>
            ),
        )}
      </Stack>
    </Card>
  );
}

function Fit({ fit }: { fit: Schemas["EpochJudged"]["fit"] }) {
  const { t } = useSpeech();
  return (
    <Badge color={FIT_COLOURS[fit]} variant="light" tt="none">
      {t(`judge.fit.${fit}`)}
    </Badge>
  );
}

function lowest(curve: Schemas["CurveShape"]): string {
  return curve.validation_loss.length ? short(Math.min(...curve.validation_loss)) : "–";
}
