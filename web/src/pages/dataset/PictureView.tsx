import { ActionIcon, Group, Modal, Text } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";
import { PictureContent } from "./PictureContent";

interface Props {
  dataset: Schemas["DatasetDetail"];
  pictures: Schemas["PictureShape"][];
  /** Names of those that the grid shows. */
  listed: string[];
  name: string;
  onShow: (name: string) => void;
  onClose: () => void;
}

/**
 * One picture: its crop box, tags and repeats. Arrow keys go to its neighbours: those that the grid showed when it was
 * opened, even if they no longer fit what is searched for, since it is here that they are changed.
 */
export function PictureView({ dataset, pictures: all, listed, name, onShow, onClose }: Props) {
  const { t } = useSpeech();
  const phone = useMediaQuery("(max-width: 48em)");
  const [names] = useState(() => new Set(listed.includes(name) ? listed : all.map((one) => one.name)));
  const pictures = all.filter((one) => names.has(one.name));
  const index = pictures.findIndex((one) => one.name === name);
  const picture = pictures[index];
  const step = (by: number) => {
    const next = index < 0 ? undefined : pictures[index + by];
    if (next) onShow(next.name);
  };
  const byKey = (by: number) => (event: KeyboardEvent) => {
    const within =
      event.target instanceof Element &&
      event.target.closest(".ReactCrop__crop-selection, [aria-roledescription=sortable]");
    // A dialog above this one has the keys.
    if (!within && document.querySelectorAll("[role=dialog]").length < 2) step(by);
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
      <PictureContent
        key={picture.name}
        dataset={dataset}
        picture={picture}
        onGone={() => (pictures.length > 1 ? step(index > 0 ? -1 : 1) : onClose())}
      />
    </Modal>
  );
}
