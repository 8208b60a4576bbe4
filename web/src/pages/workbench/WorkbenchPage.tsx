import { Card, Grid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useAdapters, useDrawing, useDrawings } from "@/api/drawings";
import { useSpeech } from "@/i18n";
import { Waiting } from "@/parts/Waiting";
import { FRESH, type Form } from "./form";
import { FormPanel } from "./FormPanel";
import { History } from "./History";
import { Result } from "./Result";
import { prefilled } from "./stacking";

const route = getRouteApi("/workbench");
const PAGE = 30;

/** Trying LoRAs: what to draw on the left, what was drawn on the right. */
export function WorkbenchPage() {
  const { t } = useSpeech();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [stored, setForm] = useLocalStorage<Form>({
    key: "danlu-workbench",
    defaultValue: FRESH,
    getInitialValueInEffect: false,
  });
  const form: Form = { ...FRESH, ...stored };
  const client = useQueryClient();
  const results = useRef<HTMLDivElement>(null);
  const adapters = useAdapters();
  const [limit, setLimit] = useState(PAGE);
  const list = useDrawings(limit).data;
  const shown = search.drawing ?? list?.drawings[0]?.id;
  const drawing = useDrawing(shown);
  const asked = search.run ?? search.model;
  const known = adapters.isFetchedAfterMount ? adapters.data : undefined;
  useEffect(() => {
    if (!asked || !known) return;
    const adapter = known.find((one) => one.id === asked && one.kind === (search.run ? "run" : "model"));
    if (adapter) setForm((old) => prefilled({ ...FRESH, ...old }, adapter, search.checkpoint));
    else notifications.show({ color: "red", message: t("workbench.gone") });
    void navigate({ search: { drawing: search.drawing }, replace: true });
  }, [asked, known, t, search.run, search.checkpoint, search.drawing, setForm, navigate]);
  const news = drawing.data && `${drawing.data.id} ${drawing.data.job.state} ${drawing.data.drawn > 0}`;
  useEffect(() => void client.invalidateQueries({ queryKey: ["drawings"] }), [client, news]);
  const show = (id: string | undefined) => void navigate({ search: { drawing: id } });
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, md: 5 }}>
        <Stack gap="md">
          <Title order={1} size="h2">
            {t("workbench.title")}
          </Title>
          {adapters.data ? (
            <FormPanel
              form={form}
              adapters={adapters.data}
              onChange={(change) => setForm((old) => ({ ...FRESH, ...old, ...change }))}
              onDrawn={(id) => {
                show(id);
                results.current?.scrollIntoView({ behavior: "smooth", block: "nearest" });
              }}
            />
          ) : (
            <Waiting query={adapters} />
          )}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Stack gap="lg" ref={results} style={{ scrollMarginTop: 72 }}>
          {drawing.error && !drawing.data && <Waiting query={drawing} />}
          {drawing.data && adapters.data && (
            <Result
              key={drawing.data.id}
              drawing={drawing.data}
              adapters={adapters.data}
              z={Math.min(search.z ?? 0, (drawing.data.z?.labels.length ?? 1) - 1)}
              onZ={(z) => void navigate({ search: { drawing: shown, z: z || undefined }, replace: true })}
              onReuse={setForm}
              onDeleted={() => show(undefined)}
            />
          )}
          {shown && drawing.isPending && <Skeleton h={300} />}
          {list && !shown && (
            <Card withBorder padding="xl">
              <Text ta="center">{t("workbench.empty")}</Text>
              <Text ta="center" size="sm" c="dimmed">
                {t("workbench.emptyHint")}
              </Text>
            </Card>
          )}
          {list && <History list={list} current={shown} onMore={() => setLimit(limit + PAGE)} />}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
