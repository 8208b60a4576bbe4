import { Card, Center, Loader, MultiSelect, Stack, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { isOpen, useRuns, useSideBySide } from "@/api/runs";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { moment } from "@/parts/format";
import { Curves } from "./Curves";
import { Figures } from "./Figures";
import { Previews } from "./Previews";
import { Settings } from "./Settings";

const route = getRouteApi("/compare");
const MOST = 6;

/** Several trainings side by side: what differs in their settings, their curves, their previews, their figures. */
export function ComparePage() {
  const { t, language } = useSpeech();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const runs = useRuns();
  const known = runs.data ?? [];
  const chosen = (search.runs?.split(",") ?? []).filter((id) => known.some((run) => run.id === id)).slice(0, MOST);
  const { found, loading } = useSideBySide(
    chosen,
    known.some((run) => chosen.includes(run.id) && isOpen(run.job)),
  );
  if (!runs.data) return <Waiting query={runs} />;
  const label = (run: (typeof known)[number]) =>
    known.some((other) => other !== run && other.name === run.name)
      ? `${run.name} (${moment(run.created_at, language)})`
      : run.name;
  const names = found.map(({ id }) => label(known.find((run) => run.id === id)!));
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        {t("compare.title")}
      </Title>
      <MultiSelect
        label={t("compare.choose")}
        description={t("compare.most", { count: MOST })}
        data={known.map((run) => ({ value: run.id, label: label(run) }))}
        value={chosen}
        maxValues={MOST}
        searchable
        clearable
        hidePickedOptions
        clearButtonProps={{ "aria-label": t("compare.none") }}
        onChange={(ids) =>
          void navigate({
            search: (now) => ({ ...now, runs: ids.join(",") || undefined, picture: undefined, beside: undefined }),
            replace: true,
          })
        }
      />
      {chosen.length < 2 && (
        <Card withBorder padding="xl">
          <Text c="dimmed" ta="center">
            {t("compare.empty")}
          </Text>
        </Card>
      )}
      {loading && found.length === 0 && chosen.length > 0 && <Center h={200} component={Loader} />}
      {found.length > 0 && (
        <>
          <Settings recipes={found.map(({ run }) => run.recipe)} names={names} />
          <Curves compared={found} names={names} />
          <Previews matrices={found.map(({ matrix }) => matrix)} names={names} />
          <Figures compared={found} names={names} />
        </>
      )}
    </Stack>
  );
}
