import { Badge, Group, ScrollArea, Table, Text, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { figure, percent } from "./format";

type Judged = Schemas["EpochJudged"];

export const FIT_COLOURS: Record<Judged["fit"], string> = { good: "teal", under: "blue", over: "orange", both: "red" };

const COLUMNS = ["recall", "control", "leak", "copying", "score"] as const;

/** The figures of each judged epoch, the best marked. `star` stands before each. */
export function JudgedTable({
  judgement,
  star,
}: {
  judgement: Schemas["JudgementShape"];
  star?: (one: Judged) => ReactNode;
}) {
  const { t } = useSpeech();
  return (
    <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "group", "aria-label": t("judge.title") }}>
      <Table verticalSpacing={4} miw={520} style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}>
        <Table.Thead>
          <Table.Tr>
            {star && <Table.Td w={32} />}
            <Table.Th>{t("run.epoch")}</Table.Th>
            {COLUMNS.map((name) => (
              <Table.Th key={name}>
                <Tooltip label={t(`judge.${name}Help`)} multiline maw={280}>
                  <Text size="sm" fw={600} td="underline dotted" tabIndex={0} component="span">
                    {t(`judge.${name}`)}
                  </Text>
                </Tooltip>
              </Table.Th>
            ))}
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {judgement.epochs.map((one) => (
            <Table.Tr key={one.epoch} fw={one.epoch === judgement.best_epoch ? 600 : undefined}>
              {star && <Table.Td>{star(one)}</Table.Td>}
              <Table.Td>{one.epoch}</Table.Td>
              <Table.Td>{percent(one.trait_recall)}</Table.Td>
              <Table.Td>{percent(one.prompt_control)}</Table.Td>
              <Table.Td>{percent(one.leak)}</Table.Td>
              <Table.Td>{one.copying === null ? "–" : percent(one.copying)}</Table.Td>
              <Table.Td>
                {figure(one.score)} ± {figure(one.noise)}
              </Table.Td>
              <Table.Td>
                <Group gap={4} wrap="nowrap">
                  {one.epoch === judgement.best_epoch && (
                    <Badge size="sm" color={one.fit === "good" ? "teal.9" : "gray.7"} tt="none">
                      {t(one.fit === "good" ? "judge.best" : "judge.leastBad")}
                    </Badge>
                  )}
                  <Badge size="sm" variant="light" tt="none" color={FIT_COLOURS[one.fit]}>
                    {t(`judge.fit.${one.fit}`)}
                  </Badge>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
