import { Box, Group, Stack, Text } from "@mantine/core";
import type { Schemas } from "@/api/client";
import { usePictures } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { TagDifference } from "@/parts/TagDifference";

const SHOWN = 60;

interface Props {
  dataset: Schemas["DatasetDetail"];
  tried: Schemas["TaggingTried"] | undefined;
  error: unknown;
}

/** What each picture would get with the options as they stand. */
export function TaggingPreview({ dataset, tried, error }: Props) {
  const { t } = useSpeech();
  const pictures = usePictures(dataset.id).data ?? [];
  if (error) return <Failure error={error} />;
  if (!tried || (tried.captions.length === 0 && tried.kept === 0)) return null;
  const thumbnails = new Map(pictures.map((one) => [one.name, one.thumbnail]));
  const changing = tried.captions.filter((one) => one.before !== one.after);
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text fw={600}>{t("batch.preview")}</Text>
        <Text size="sm" c="dimmed" role="status">
          {changing.length > 0 ? t("batch.changed", { count: changing.length }) : t("batch.nochange")}
        </Text>
      </Group>
      {tried.traits
        .filter((one) => one.traits.length > 0)
        .map((one) => (
          <Text key={one.trigger} size="sm">
            {t("tagging.takes", { trigger: one.trigger })} <b>{one.traits.join(", ")}</b>
          </Text>
        ))}
      <Stack gap={6} mah={220} style={{ overflowY: "auto" }} tabIndex={0} role="group" aria-label={t("batch.preview")}>
        {tried.captions.slice(0, SHOWN).map((one) => (
          <Group key={one.picture} wrap="nowrap" gap="xs" align="start">
            <img
              src={thumbnails.get(one.picture.split("#")[0] ?? "")}
              alt=""
              width={40}
              height={40}
              loading="lazy"
              style={{ objectFit: "cover", borderRadius: 6, flexShrink: 0 }}
            />
            <Box style={{ minWidth: 0 }}>
              <TagDifference name={one.picture} before={one.before ?? ""} after={one.after} />
            </Box>
          </Group>
        ))}
      </Stack>
      {tried.captions.length > SHOWN && (
        <Text size="sm" c="dimmed">
          {t("batch.andMore", { count: tried.captions.length - SHOWN })}
        </Text>
      )}
    </Stack>
  );
}
