import { Card, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { usePreviews } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { PreviewMatrix } from "@/parts/PreviewMatrix";
import { Waiting } from "@/parts/Waiting";
import { placeName } from "@/parts/places";
import { read, written } from "@/parts/views";

const route = getRouteApi("/runs/$id");

/** The previews of a training, epoch by prompt, the base's own first. */
export function Previews({ id, phase }: { id: string; phase: string | null | undefined }) {
  const { t } = useSpeech();
  const previews = usePreviews(id);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const rows = previews.data?.rows.map((row) => ({
    label: placeName(t, row.epoch, row.step),
    key: `${row.epoch} ${row.step}`,
    pictures: row.pictures.map((picture) => picture?.url ?? null),
  }));
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("run.previews")}
      </Title>
      {!previews.data || !rows ? (
        <Waiting query={previews} h={160} />
      ) : rows.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t(phase === "previews" ? "run.basePreviews" : "run.noPreviews")}
        </Text>
      ) : (
        <PreviewMatrix
          rows={rows}
          columns={previews.data.prompts}
          label={t("run.previews")}
          place={read(search.picture)}
          beside={search.beside}
          onLook={({ place, beside }) =>
            void navigate({
              search: (now) => ({ ...now, picture: place ? written(place) : undefined, beside }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      )}
    </Card>
  );
}
