import { Button, Group, NumberInput, Select, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { IconEye, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { type PictureChange, changePictures, changeView, deletePictures, useChange, useTagTable } from "@/api/datasets";
import { useSizes } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { CropEditor } from "@/parts/CropEditor";
import type { BoxOf } from "@/parts/crops";
import { useQuestion } from "@/parts/question";
import { CaptionEditor } from "./CaptionEditor";
import { SeenDialog } from "./SeenDialog";
import { Views } from "./Views";
import { MIRRORS, mirrorKey, mirrorOf } from "./mirrors";

interface Props {
  dataset: Schemas["DatasetDetail"];
  picture: Schemas["PictureShape"];
  onGone: () => void;
}

/** What there is to see and to change of one picture. */
export function PictureContent({ dataset, picture, onGone }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const table = useTagTable(dataset.id);
  const sizes = useSizes();
  const [chosen, setView] = useState("");
  const [looking, setLooking] = useState(false);
  const view = picture.views.find((one) => one.name === chosen);
  const suggestions = useMemo(
    () => (table.data?.tags ?? []).map(({ tag, pictures, zh }) => ({ tag, count: pictures, zh })),
    [table.data],
  );
  const trigger = dataset.concepts.find((one) => one.name === picture.concept)?.trigger ?? null;
  const set = (values: PictureChange, shown: Partial<Schemas["PictureShape"]>) =>
    change.mutate({
      call: (version) => changePictures(dataset.id, version, [picture.name], values),
      names: [picture.name],
      shown,
    });
  const setViewBox = (one: Schemas["ViewShape"], crop: BoxOf | null) => {
    const { name } = one;
    const views = picture.views.map((other) => (other === one ? { ...one, crop } : other));
    change.mutate({
      call: (version) => changeView(dataset.id, version, { picture: picture.name, name, crop, remove: false }),
      names: [picture.name],
      shown: { views },
    });
  };
  const ask = useQuestion();
  const remove = () =>
    ask(
      { title: t("picture.delete"), text: t("picture.deleteSure", { name: picture.name }), yes: t("common.delete") },
      () => {
        onGone();
        change.mutate({ call: (version) => deletePictures(dataset.id, version, [picture.name]) });
      },
    );
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Stack gap="xs">
        <CropEditor
          key={view?.name ?? ""}
          src={picture.url}
          name={picture.name}
          width={picture.width}
          height={picture.height}
          crop={(view ? view.crop : picture.crop) as BoxOf | null}
          extend={view ? undefined : picture.extend}
          sizes={sizes}
          onChange={(crop, extend) => (view ? setViewBox(view, crop) : set({ crop, extend }, { crop, extend }))}
        />
        <Views dataset={dataset} picture={picture} view={view?.name ?? ""} onView={setView} />
      </Stack>
      <Stack gap="md">
        <CaptionEditor
          caption={picture.caption ?? ""}
          tags={picture.tags}
          trigger={trigger}
          suggestions={suggestions}
          onChange={(caption, tags) => set({ caption }, { caption, tags })}
        />
        <Group align="end">
          <NumberInput
            label={t("picture.repeats")}
            placeholder={`${picture.repeats} (${t("picture.repeatsDefault")})`}
            w={180}
            min={1}
            max={10_000}
            allowDecimal={false}
            value={picture.own_repeats ?? ""}
            onChange={(value) => {
              const repeats = value === "" ? null : Number(value);
              if (repeats !== picture.own_repeats) set({ repeats }, { own_repeats: repeats });
            }}
          />
          <Select
            label={t("mirror.label")}
            w={220}
            allowDeselect={false}
            value={mirrorKey(picture.mirror)}
            onChange={(key) => key && set({ mirror: mirrorOf(key) }, { mirror: mirrorOf(key) })}
            data={MIRRORS.map(({ key }) => ({ value: key, label: t(`mirror.${key}`) }))}
          />
          <Switch
            mb={8}
            label={t("picture.exclude")}
            checked={picture.excluded}
            onChange={(event) =>
              set({ excluded: event.currentTarget.checked }, { excluded: event.currentTarget.checked })
            }
          />
        </Group>
        <Group justify="space-between" mt="auto">
          <Button
            variant="light"
            size="xs"
            leftSection={<IconEye size={14} />}
            disabled={picture.excluded}
            onClick={() => setLooking(true)}
          >
            {t("seen.title")}
          </Button>
          <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={remove}>
            {t("picture.delete")}
          </Button>
        </Group>
        <Text size="xs" c="dimmed" visibleFrom="sm">
          {t("picture.keys")}
        </Text>
      </Stack>
      {looking && (
        <SeenDialog
          dataset={dataset}
          picture={view ? `${picture.name}#${view.name}` : picture.name}
          onClose={() => setLooking(false)}
        />
      )}
    </SimpleGrid>
  );
}
