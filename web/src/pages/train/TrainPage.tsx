import {
  Button,
  Card,
  Grid,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFlame } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useDatasets } from "@/api/datasets";
import { useSubmit } from "@/api/jobs";
import { useBases, useDraft, usePlan, useThemes } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { ChoiceCard } from "./ChoiceCard";
import { PlanCard } from "./PlanCard";
import { Prompts } from "./Prompts";
import { type Wishes, NO_WISHES, epochsOf, recipeWith, repeatsOf } from "./wishes";

const route = getRouteApi("/train");

/** A training for somebody who has never done one: theme, base, repeats, epochs; the plan beside it follows. */
export function TrainPage() {
  const { t, say } = useSpeech();
  const { dataset: asked = "" } = route.useSearch();
  const setSearch = route.useNavigate();
  const navigate = useNavigate();
  const datasets = useDatasets().data ?? [];
  const bases = useBases().data?.bases ?? [];
  const themes = useThemes().data ?? [];
  const submit = useSubmit();
  const [theme, setTheme] = useState("anime");
  const [chosen, setBase] = useState<string | null>(null);
  const [wishes, setWishes] = useState<Wishes>(NO_WISHES);
  const base = chosen ?? bases[0]?.id ?? "";
  const embedded = bases.find((one) => one.id === base)?.embedded ?? false;
  const draft = useDraft(asked, base, theme);
  const recipe = useMemo(
    () => (draft.data && asked ? recipeWith(draft.data.recipe, wishes) : null),
    [draft.data, asked, wishes],
  );
  const [planned] = useDebouncedValue(recipe, 250);
  const plan = usePlan(asked, planned);
  const set = (wish: Partial<Wishes>) => setWishes((old) => ({ ...old, ...wish }));
  const start = () =>
    recipe &&
    submit.mutate(
      { kind: "train", dataset_id: asked, recipe, name: wishes.name.trim() || null },
      { onSuccess: (job) => job.run_id && void navigate({ to: "/runs/$id", params: { id: job.run_id } }) },
    );
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, md: 7.5 }}>
        <Stack gap="lg">
          <Title order={1} size="h2">
            {t("train.title")}
          </Title>
          <Group grow align="end">
            <Select
              label={t("train.dataset")}
              placeholder={t("train.chooseDataset")}
              data={datasets.filter((one) => one.pictures > 0).map((one) => ({ value: one.id, label: one.name }))}
              value={asked || null}
              onChange={(value) => void setSearch({ search: { dataset: value ?? undefined }, replace: true })}
            />
            <TextInput
              label={t("train.name")}
              placeholder={draft.data ? String(draft.data.recipe.name ?? "") : ""}
              value={wishes.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          </Group>
          <section>
            <Title order={2} size="h5" mb="xs">
              {t("train.base")}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" role="radiogroup" aria-label={t("train.base")}>
              {bases.map((one) => (
                <ChoiceCard
                  key={one.id}
                  checked={one.id === base}
                  title={one.name}
                  hint={one.embedded ? t("train.baseEmbedded") : `${one.family_title} · ${one.native_px} px`}
                  onChoose={() => setBase(one.id)}
                />
              ))}
            </SimpleGrid>
          </section>
          <section>
            <Title order={2} size="h5" mb="xs">
              {t("train.theme")}
            </Title>
            {embedded ? (
              <Text size="sm" c="dimmed">
                {t("train.themeFixed")}
              </Text>
            ) : (
              <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" role="radiogroup" aria-label={t("train.theme")}>
                {themes.map((one) => (
                  <ChoiceCard
                    key={one.id}
                    checked={one.id === theme}
                    title={say(one.title)}
                    hint={t(`train.themeHint.${one.id as "anime"}`)}
                    onChoose={() => setTheme(one.id)}
                  />
                ))}
              </SimpleGrid>
            )}
            {draft.data?.notices.map((one) => (
              <Text key={one.en} size="sm" c="dimmed" mt={6}>
                {say(one)}
              </Text>
            ))}
          </section>
          <Group grow align="end">
            <NumberInput
              label={t("train.repeats")}
              description={t("train.repeatsHint")}
              min={1}
              max={10_000}
              allowDecimal={false}
              value={wishes.repeats ?? repeatsOf(draft.data?.recipe) ?? ""}
              onChange={(value) => set({ repeats: value === "" ? null : Number(value) })}
            />
            <NumberInput
              label={t("train.epochs")}
              description={t("train.epochsHint")}
              min={1}
              max={1000}
              allowDecimal={false}
              value={wishes.epochs ?? epochsOf(draft.data?.recipe) ?? ""}
              onChange={(value) => set({ epochs: value === "" ? null : Number(value) })}
            />
          </Group>
          <Prompts prompts={wishes.prompts} onChange={(prompts) => set({ prompts })} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4.5 }}>
        <Stack style={{ position: "sticky", top: 72 }}>
          {draft.error && <Failure error={draft.error} />}
          {plan.error && <Failure error={plan.error} />}
          {plan.data && !plan.error && asked ? (
            <PlanCard dataset={asked} recipe={planned} plan={plan.data} />
          ) : (
            !draft.error &&
            !plan.error &&
            (asked ? (
              <Skeleton h={300} />
            ) : (
              <Card withBorder padding="lg">
                <Text c="dimmed">{t("train.noDataset")}</Text>
              </Card>
            ))
          )}
          <Button
            size="lg"
            leftSection={<IconFlame size={20} />}
            disabled={!recipe || !!plan.error}
            loading={submit.isPending}
            onClick={start}
          >
            {t("train.start")}
          </Button>
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
