import {
  Alert,
  Button,
  Card,
  Checkbox,
  Grid,
  Group,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconArrowForwardUp, IconFlame, IconHistory } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Refused } from "@/api/client";
import { useAdapters } from "@/api/drawings";
import { useSubmit } from "@/api/jobs";
import { sentence } from "@/api/queries";
import { useBases, usePlan } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { Failure } from "@/parts/Failure";
import { Basic } from "./Basic";
import { Differences } from "./Differences";
import { keyFor } from "./draft";
import { KohyaDialog } from "./KohyaDialog";
import { PlanCard } from "./PlanCard";
import { PresetMenu } from "./PresetMenu";
import { Professional, reveal } from "./Professional";
import { RateFinder } from "./RateFinder";
import { same, valueAt } from "./recipe";
import { nameOfReference } from "./starts";
import { Toml } from "./Toml";
import { useForm } from "./useForm";

export interface Look {
  mode?: "pro" | "toml";
  find?: string;
  changed?: boolean;
}

interface Props {
  dataset: string;
  /** The earlier run to train again; empty begins with a preset. */
  run: string;
  /** The reference of an adapter file to go on from; empty for none. */
  start: string;
  look: Look;
  onLook: (look: Look) => void;
}

/** A training being put together, in three views of the same recipe, with its plan beside it. */
export function TrainForm({ dataset, run, start, look, onLook }: Props) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const bases = useBases().data;
  const form = useForm(dataset, run, start, bases?.bases[0]?.id ?? "");
  const adapters = useAdapters().data ?? [];
  const { recipe, draft } = form;
  const [planned] = useDebouncedValue(recipe, 250);
  const plan = usePlan(dataset, planned);
  const [importing, { open, close }] = useDisclosure();
  const [sent, setSent] = useState(false);
  // What was read holds for these very sentences: other pictures, or another base, bring others.
  const cautions = plan.data?.cautions.map((one) => one.en).join("\n") ?? "";
  const [read, setRead] = useState("");
  const submit = useSubmit((job) => {
    const body = JSON.stringify(job);
    const key = keyFor(draft, body);
    form.update({ sent: { key, body } });
    return key;
  });
  const submitRecipe = () =>
    recipe &&
    submit.mutate(
      { kind: "train", dataset_id: dataset, recipe },
      {
        onSuccess: async (job) => {
          setSent(true);
          if (job.run_id) await navigate({ to: "/runs/$id", params: { id: job.run_id } });
          form.startAfresh();
        },
      },
    );
  const problem = plan.error instanceof Refused ? plan.error.problem : null;
  const misfit = problem?.field ? { field: problem.field, text: sentence(plan.error) } : null;
  const show = (key: string) => {
    onLook({ mode: "pro", find: undefined, changed: undefined });
    setTimeout(() => reveal(`setting-${key}`), 100);
  };
  const isCurrent = plan.isSuccess && !plan.isPlaceholderData && same(planned, recipe);
  const { mode } = look;
  const name = recipe && valueAt(recipe, "name");
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, md: mode === "pro" ? 8 : 7.5 }}>
        <Stack gap="lg">
          <Group justify="space-between" align="end">
            <SegmentedControl
              aria-label={t("train.mode")}
              transitionDuration={0}
              data={[
                { value: "basic", label: t("train.basic") },
                { value: "pro", label: t("train.pro") },
                { value: "toml", label: "TOML" },
              ]}
              value={mode ?? "basic"}
              onChange={(value) => onLook({ ...look, mode: value === "basic" ? undefined : (value as "pro" | "toml") })}
            />
            <PresetMenu form={form} />
            <TextInput
              label={t("train.name")}
              w={{ base: "100%", xs: 300 }}
              maxLength={100}
              disabled={recipe === null}
              error={misfit?.field === "name"}
              value={String(name ?? "")}
              onChange={(event) => form.set("name", event.currentTarget.value)}
            />
          </Group>
          {form.run && (
            <Alert icon={<IconHistory size={18} />} p="sm" variant="light">
              {t("train.again", { name: form.run.run_name })}
              {form.run.dataset_changed && ` ${t("train.againChanged")}`}
            </Alert>
          )}
          {start && (
            <Alert icon={<IconArrowForwardUp size={18} />} p="sm" variant="light">
              {t("train.startsFrom", { name: nameOfReference(start, adapters) })}
            </Alert>
          )}
          {form.error != null && <Failure error={form.error} />}
          {recipe === null ? (
            form.error == null && <Skeleton h={400} />
          ) : mode === "pro" ? (
            <Professional
              form={form}
              misfit={misfit}
              query={look.find ?? ""}
              onlyChanged={look.changed ?? false}
              onLook={(next) => onLook({ ...look, ...next })}
              onImport={open}
              steps={plan.data?.total_steps}
            />
          ) : mode === "toml" ? (
            <Toml dataset={dataset} form={form} written={isCurrent ? plan.data.toml : null} />
          ) : (
            <Basic form={form} bases={bases} />
          )}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: mode === "pro" ? 4 : 4.5 }}>
        <Stack id="plan" tabIndex={-1} style={{ position: "sticky", top: 72, scrollMarginTop: 72 }} gap="md">
          {plan.error && (
            <Card withBorder padding="xs" bd={0} p={0}>
              <Failure error={plan.error} />
              {problem?.field && (
                <Button size="xs" variant="default" mt="xs" onClick={() => show(problem.field ?? "")}>
                  {t("train.showSetting")}
                </Button>
              )}
            </Card>
          )}
          {plan.data && !plan.error && (
            <PlanCard dataset={dataset} recipe={planned} plan={plan.data} current={isCurrent} />
          )}
          {!plan.data && !plan.error && form.error == null && <Skeleton h={300} />}
          <Differences form={form} onShow={show} />
          {mode !== undefined && <RateFinder dataset={dataset} form={form} ready={isCurrent && !plan.error} />}
          {draft.toml !== null && mode !== "toml" && (
            <Text size="sm" c="dimmed">
              {t("toml.waits")}
            </Text>
          )}
          {cautions !== "" && (
            <Checkbox
              label={t("train.cautionRead")}
              checked={read === cautions}
              onChange={(event) => setRead(event.currentTarget.checked ? cautions : "")}
            />
          )}
          <Button
            size="lg"
            leftSection={<IconFlame size={20} />}
            disabled={!recipe || !!plan.error || sent || read !== cautions}
            loading={submit.isPending}
            onClick={submitRecipe}
          >
            {t("train.start")}
          </Button>
        </Stack>
      </Grid.Col>
      <KohyaDialog dataset={dataset} form={form} opened={importing} onClose={close} />
    </Grid>
  );
}
