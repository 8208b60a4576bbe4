import { Badge, Card, Group, Text } from "@mantine/core";
import { IconBox } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import classes from "@/pages/home/Tiles.module.css";
import { bytes } from "@/parts/format";

/** A model as its cover. */
export function ModelTile({ model }: { model: Schemas["ModelShape"] }) {
  const { t } = useSpeech();
  return (
    <Card
      padding="sm"
      withBorder
      className={classes.tile}
      renderRoot={(props) => <Link to="/models/$id" params={{ id: model.id }} {...props} />}
    >
      <Card.Section className={classes.single}>
        {model.cover ? <img src={model.cover} alt="" loading="lazy" /> : <IconBox size={40} stroke={1.2} />}
      </Card.Section>
      <Group gap={6} mt="xs" wrap="nowrap" justify="space-between">
        <Text fw={600} truncate>
          {model.name}
        </Text>
        {!model.listed && (
          <Badge size="xs" variant="light" color="gray" tt="none" style={{ flexShrink: 0 }}>
            {t("model.unlisted")}
          </Badge>
        )}
      </Group>
      <Text size="xs" c="dimmed" truncate>
        {model.triggers.join(", ") || " "}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {[model.family, model.kind, bytes(model.size_bytes)].filter(Boolean).join(" · ")}
      </Text>
    </Card>
  );
}
