import { ActionIcon, Button, Group, Modal, NumberInput, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { modals } from "@mantine/modals";
import { IconChevronLeft, IconChevronRight, IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { type PictureChange, changePictures, deletePictures, useChange, useTagTable } from "@/api/datasets";
import { useSizes } from "@/api/recipes";
import { useSpeech } from "@/i18n";
import { CropEditor } from "@/parts/CropEditor";
import type { BoxOf } from "@/parts/crops";
import { CaptionEditor } from "./CaptionEditor";

interface Props {
  dataset: Schemas["DatasetDetail"];
  pictures: Schemas["PictureShape"][];
  name: string;
  onShow: (name: string) => void;
  onClose: () => void;
}

/** One picture: its crop box, tags and repeats. Arrow keys go to its neighbours. */
export function PictureView({ dataset, pictures, name, onShow, onClose }: Props) {
  const { t } = useSpeech();
  const phone = useMediaQuery("(max-width: 48em)");
  const index = pictures.findIndex((one) => one.name === name);
  const picture = pictures[index];
  const step = (by: number) => {
    const next = pictures[index + by];
    if (next) onShow(next.name);
  };
  const byKey = (by: number) => (event: KeyboardEvent) => {
    const within =
      event.target instanceof Element &&
      event.target.closest(".ReactCrop__crop-selection, [aria-roledescription=sortable]");
    if (!within) step(by);
  };
  useHotkeys([
    ["ArrowLeft", byKey(-1), { preventDefault: false }],
    ["ArrowRight", byKey(1), { preventDefault: false }],
  ]);
  if (!picture) return null;
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ "aria-label": t("common.close") }}
      size="min(96vw, 1200px)"
      fullScreen={phone}
      title={
        <Group gap="xs" wrap="nowrap">
          <ActionIcon
            variant="default"
            disabled={index === 0}
            aria-label={t("picture.previous")}
            onClick={() => step(-1)}
          >
            <IconChevronLeft size={18} />
          </ActionIcon>
          <ActionIcon
            variant="default"
            disabled={index === pictures.length - 1}
            aria-label={t("picture.next")}
            onClick={() => step(1)}
          >
            <IconChevronRight size={18} />
          </ActionIcon>
          <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
            {t("picture.position", { index: index + 1, count: pictures.length })}
          </Text>
          <Text fw={600} truncate>
            {picture.name}
          </Text>
        </Group>
      }
    >
      <Content
        key={picture.name}
        dataset={dataset}
        picture={picture}
        onGone={() => (pictures.length > 1 ? step(index > 0 ? -1 : 1) : onClose())}
      />
    </Modal>
  );
}

interface ContentProps {
  dataset: Schemas["DatasetDetail"];
  picture: Schemas["PictureShape"];
  onGone: () => void;
}

function Content({ dataset, picture, onGone }: ContentProps) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const table = useTagTable(dataset.id);
  const sizes = useSizes();
  const suggestions = useMemo(
    () => (table.data?.tags ?? []).map((one) => ({ tag: one.tag, count: one.pictures })),
    [table.data],
  );
  const trigger = dataset.concepts.find((one) => one.name === picture.concept)?.trigger ?? null;
  const set = (values: PictureChange, shown: Partial<Schemas["PictureShape"]>) =>
    change.mutate({
      call: (version) => changePictures(dataset.id, version, [picture.name], values),
      names: [picture.name],
      shown,
    });
  const remove = () =>
    modals.openConfirmModal({
      title: t("picture.delete"),
      children: t("picture.deleteSure", { name: picture.name }),
      labels: { confirm: t("common.delete"), cancel: t("common.cancel") },
      confirmProps: { color: "red.9" },
      onConfirm: () => {
        onGone();
        change.mutate({ call: (version) => deletePictures(dataset.id, version, [picture.name]) });
      },
    });
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <CropEditor
        src={picture.url}
        name={picture.name}
        width={picture.width}
        height={picture.height}
        crop={picture.crop as BoxOf | null}
        sizes={sizes}
        onChange={(crop) => set({ crop }, { crop })}
      />
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
          <Text size="xs" c="dimmed" visibleFrom="sm">
            {t("picture.keys")}
          </Text>
          <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={remove}>
            {t("picture.delete")}
          </Button>
        </Group>
      </Stack>
    </SimpleGrid>
  );
}
