import { Group, Input, NumberInput, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconBrush, IconCamera, IconCategory, IconCube } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useThemes } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { bytes } from "@/parts/format";
import { ChoiceCard } from "./ChoiceCard";
import { readLength } from "./control";
import { ListControl } from "./fields/ListControl";
import type { Form } from "./useForm";
import type { Theme } from "./draft";

const ICONS = { anime: IconBrush, real: IconCamera, "2.5d": IconCube, standard: IconCategory };

/** A training for somebody who has never done one: base, theme, repeats, epochs, prompts. */
export function Basic({ form, bases }: { form: Form; bases: Schemas["BasesShape"] | undefined }) {
  const { t, say } = useSpeech();
  const themes = useThemes().data ?? [];
  const { draft, base, set } = form;
  const lines = form.tables.flatMap((table) => table.lines);
  const valueOf = (key: string) => lines.find((one) => one.setting.key === key)?.value;
  const found = bases?.bases ?? [];
  const embedded = found.find((one) => one.id === base)?.embedded ?? false;
  const length = readLength(valueOf("training.length"));
  const repeats = valueOf("dataset.repeats");
  return (
    <Stack gap="lg">
      <section>
        <Title order={2} size="h5" mb="xs">
          {t("train.base")}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" role="radiogroup" aria-label={t("train.base")}>
          {found.map((one) => (
            <ChoiceCard
              key={one.id}
              checked={one.id === base}
              title={one.name}
              hint={
                one.embedded
                  ? t("train.baseEmbedded")
                  : `${one.family_title} · ${one.native_px} px · ${bytes(one.size_bytes)}`
              }
              onChoose={() => form.setBase(one.id)}
            />
          ))}
        </SimpleGrid>
        {found.length < 2 && (
          <Text size="sm" c="dimmed" mt={6}>
            {t("train.moreBases")}
          </Text>
        )}
        {bases !== undefined && bases.unusable.length > 0 && (
          <Text component="details" size="sm" c="dimmed" mt={6} style={{ overflowWrap: "anywhere" }}>
            <summary>{t("train.unusable", { count: bases.unusable.length })}</summary>
            {bases.unusable.map((one) => (
              <div key={one.name}>
                {one.name}: {say(one.text)}
              </div>
            ))}
          </Text>
        )}
      </section>
      {!form.run && (
        <section>
          <Title order={2} size="h5" mb="xs">
            {t("train.theme")}
          </Title>
          <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" role="radiogroup" aria-label={t("train.theme")}>
            {themes.map((one) => (
              <ChoiceCard
                key={one.id}
                checked={!embedded && one.id === draft.theme}
                disabled={embedded}
                Icon={ICONS[one.id as Theme]}
                title={say(one.title)}
                hint={t(`train.themeHint.${one.id as Theme}`)}
                onChoose={() => form.setTheme(one.id as Theme)}
              />
            ))}
          </SimpleGrid>
          {embedded && (
            <Text size="sm" c="dimmed" mt={6}>
              {t("train.themeFixed")}
            </Text>
          )}
        </section>
      )}
      {form.notices.map((one) => (
        <Text key={one.en} size="sm" c="dimmed">
          {say(one)}
        </Text>
      ))}
      <Group grow align="end">
        <NumberInput
          label={t("train.repeats")}
          description={t("train.repeatsHint")}
          min={1}
          max={10_000}
          allowDecimal={false}
          value={typeof repeats === "number" ? repeats : ""}
          placeholder={t("setting.empty")}
          onChange={(value) => value !== "" && set("dataset.repeats", value)}
          onBlur={(event) => event.currentTarget.value === "" && form.reset("dataset.repeats")}
        />
        <NumberInput
          label={t(length.unit === "steps" ? "train.steps" : "train.epochs")}
          description={t(length.unit === "steps" ? "train.stepsHint" : "train.epochsHint")}
          min={1}
          max={length.unit === "steps" ? 1_000_000 : 1000}
          allowDecimal={false}
          value={length.count ?? ""}
          onChange={(value) => value !== "" && set("training.length", `${value} ${length.unit}`)}
          onBlur={(event) => event.currentTarget.value === "" && form.reset("training.length")}
        />
      </Group>
      <Input.Wrapper
        label={t("train.prompts")}
        description={t("train.promptsHint")}
        labelProps={{ id: "basic-prompts-label" }}
      >
        <div style={{ marginTop: 6 }}>
          <ListControl
            id="basic-prompts"
            label={t("train.prompts")}
            add={t("train.promptAdd")}
            most={16}
            value={valueOf("previews.prompts")}
            onChange={(prompts) => set("previews.prompts", prompts)}
          />
        </div>
      </Input.Wrapper>
    </Stack>
  );
}
