import { Box, Card, Code, Group, SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { CopyIcon } from "@/parts/CopyLine";
import classes from "./models.module.css";

/** So many times its size a picture is shown at most. */
const MOST_TIMES = 3;
const route = getRouteApi("/models/$id");

/** The show pictures: one large with what it was drawn with, all of them below. Arrow keys go from one to the next. */
export function Gallery({ model }: { model: Schemas["ModelDetail"] }) {
  const { picture } = route.useSearch();
  const navigate = route.useNavigate();
  const { shown } = model;
  const index = Math.max(
    0,
    shown.findIndex((one) => one.file === picture),
  );
  const go = (place: number) => {
    const next = shown[(place + shown.length) % shown.length];
    if (next) void navigate({ search: { picture: next.file }, replace: true, resetScroll: false });
  };
  useHotkeys([
    ["ArrowLeft", () => go(index - 1)],
    ["ArrowRight", () => go(index + 1)],
  ]);
  const current = shown[index];
  if (!current) return null;
  return (
    <Card withBorder padding="md">
      <Stack gap="sm">
        <Box className={classes.large}>
          <img
            src={current.url}
            alt={current.prompt || model.name}
            style={{ height: `min(60vh, ${current.height * MOST_TIMES}px)` }}
          />
        </Box>
        {shown.length > 1 && (
          <SimpleGrid cols={{ base: 5, sm: 8 }} spacing={6}>
            {shown.map((one, place) => (
              <UnstyledButton
                key={one.file}
                className={classes.choice}
                aria-current={place === index}
                aria-label={one.prompt || `${place + 1}`}
                onClick={() => go(place)}
              >
                <img src={one.thumbnail} alt="" loading="lazy" />
              </UnstyledButton>
            ))}
          </SimpleGrid>
        )}
        <Parameters picture={current} />
      </Stack>
    </Card>
  );
}

function Parameters({ picture }: { picture: Schemas["ShowPicture"] }) {
  const { t } = useSpeech();
  if (!picture.parameters)
    return (
      <Text size="sm" c="dimmed">
        {t("model.noPrompt")}
      </Text>
    );
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600}>
          {t("model.drawnWith")}
        </Text>
        <CopyIcon text={picture.parameters} what={t("model.drawnWith")} />
      </Group>
      <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {picture.parameters}
      </Code>
    </div>
  );
}
