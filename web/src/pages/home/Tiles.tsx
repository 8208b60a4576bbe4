import { Badge, Box, Card, Checkbox, Group, Progress, SimpleGrid, Text } from "@mantine/core";
import { IconPhoto } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { moment } from "@/parts/format";
import { StateBadge } from "@/parts/StateBadge";
import classes from "./Tiles.module.css";

export function Tiles({ children }: { children: ReactNode }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="md">
      {children}
    </SimpleGrid>
  );
}

/** A dataset as four of its pictures. */
export function DatasetTile({ dataset }: { dataset: Schemas["DatasetShape"] }) {
  const { t, language } = useSpeech();
  return (
    <Card
      padding="sm"
      withBorder
      className={classes.tile}
      renderRoot={(props) => <Link to="/datasets/$id" params={{ id: dataset.id }} {...props} />}
    >
      <Card.Section className={dataset.cover.length > 1 ? classes.mosaic : classes.single}>
        {dataset.cover.slice(0, dataset.cover.length > 1 ? 4 : 1).map((url) => (
          <img key={url} src={url} alt="" loading="lazy" />
        ))}
        {dataset.cover.length === 0 && <IconPhoto size={40} stroke={1.2} />}
      </Card.Section>
      <Text fw={600} mt="xs" truncate>
        {dataset.name}
      </Text>
      <Group gap={6} justify="space-between">
        <Text size="xs" c="dimmed">
          {t("common.pictures", { count: dataset.pictures })}
        </Text>
        {dataset.without_caption > 0 ? (
          <Badge size="xs" color="orange" variant="light" tt="none">
            {t("dataset.untaggedCount", { count: dataset.without_caption })}
          </Badge>
        ) : (
          <Text size="xs" c="dimmed" visibleFrom="sm">
            {moment(dataset.changed_at, language)}
          </Text>
        )}
      </Group>
    </Card>
  );
}

interface RunTileProps {
  run: Schemas["RunShape"];
  chosen: boolean;
  /** Left out if there is nothing to compare it with. */
  onChoose?: (chosen: boolean) => void;
}

/** A training as its newest preview; it can be chosen, to be compared. */
export function RunTile({ run, chosen, onChoose }: RunTileProps) {
  const { t } = useSpeech();
  return (
    <div className={classes.holder}>
      <Card
        padding="sm"
        withBorder
        className={classes.tile}
        renderRoot={(props) => <Link to="/runs/$id" params={{ id: run.id }} {...props} />}
      >
        <Card.Section className={classes.single}>
          {run.cover ? <img src={run.cover} alt="" loading="lazy" /> : <IconPhoto size={40} stroke={1.2} />}
        </Card.Section>
        <Text fw={600} mt="xs" truncate>
          {run.name}
        </Text>
        <Group justify="space-between" gap={6} wrap="nowrap">
          <Text size="xs" c="dimmed" truncate>
            {run.epochs > 0 ? `${t("run.epochN", { epoch: run.epoch })} / ${run.epochs}` : ""}
          </Text>
          <StateBadge state={run.job.state} />
        </Group>
        <Box mt={8}>
          <Progress
            aria-label={run.name}
            size="xs"
            value={run.total_steps ? (run.step / run.total_steps) * 100 : 0}
            color={run.job.state === "failed" ? "red" : undefined}
          />
        </Box>
      </Card>
      {onChoose && (
        <Checkbox
          className={classes.choice}
          checked={chosen}
          aria-label={t("compare.add", { name: run.name })}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      )}
    </div>
  );
}
