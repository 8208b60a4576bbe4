import { Card, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { PreviewMatrix } from "@/parts/PreviewMatrix";
import { placeName } from "@/parts/places";
import { read, written } from "@/parts/views";
import classes from "./Previews.module.css";
import { align } from "./align";

const route = getRouteApi("/compare");

/** For each prompt and seed the previews of all trainings, epoch by epoch. */
export function Previews({ matrices, names }: { matrices: Schemas["PreviewMatrix"][]; names: string[] }) {
  const { t } = useSpeech();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const groups = useMemo(() => align(matrices), [matrices]);
  const [open, ...place] = search.picture?.split("-") ?? [];
  if (groups.length === 0) return null;
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5" mb="sm">
        {t("run.previews")}
      </Title>
      <div className={classes.groups}>
        {groups.map((group, index) => (
          <section key={`${group.seed} ${group.prompt}`}>
            <Text size="sm" fw={600}>
              {group.prompt || t("compare.noPrompt")}
            </Text>
            {group.seed !== null && (
              <Text size="xs" c="dimmed" mb={4}>
                {t("compare.seed", { seed: group.seed })}
              </Text>
            )}
            <PreviewMatrix
              rows={group.rows.map((row) => ({
                key: `${row.epoch} ${row.step}`,
                label: placeName(t, row.epoch, row.step),
                pictures: row.pictures,
              }))}
              columns={names}
              label={`${t("run.previews")}: ${group.prompt}`}
              across
              large={names.length < 4}
              place={open === String(index) ? read(place.join("-")) : null}
              beside={search.beside}
              onLook={(look) =>
                void navigate({
                  search: (now) => ({
                    ...now,
                    picture: look.place ? `${index}-${written(look.place)}` : undefined,
                    beside: look.beside,
                  }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
          </section>
        ))}
      </div>
    </Card>
  );
}
