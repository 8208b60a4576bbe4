import { Button, Group, Menu, Text } from "@mantine/core";
import { IconCrop, IconEye, IconEyeOff, IconRepeat, IconTags, IconWand } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { changePictures, useChange } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { CropDialog } from "./CropDialog";
import { MirrorMenu } from "./MirrorMenu";
import { RepeatsDialog } from "./RepeatsDialog";
import { TagEditDialog } from "./TagEditDialog";
import { TaggingDialog } from "./TaggingDialog";

const route = getRouteApi("/datasets/$id");

interface Props {
  dataset: Schemas["DatasetDetail"];
  pictures: Schemas["PictureShape"][];
  selected: string[];
}

/** What can be done to the selected pictures, or to all if none is selected. */
export function BatchBar({ dataset, pictures, selected }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  const navigate = route.useNavigate();
  const asked = route.useSearch().do;
  const [chosen, setOpen] = useState<"edit" | "repeats" | null>(null);
  const open = asked ?? chosen;
  const ask = (what: "tag" | "crop" | undefined) =>
    void navigate({ search: (old) => ({ ...old, do: what }), resetScroll: false, replace: what === undefined });
  const names = selected.length > 0 ? selected : pictures.map((one) => one.name);
  const close = () => (asked ? ask(undefined) : setOpen(null));
  const exclude = (excluded: boolean) =>
    change.mutate({
      call: (version) => changePictures(dataset.id, version, names, { excluded }),
      names,
      shown: { excluded },
    });
  const button = { size: "sm", variant: "default", disabled: pictures.length === 0 || dataset.busy } as const;
  return (
    <>
      <Group gap="xs">
        <Button {...button} leftSection={<IconCrop size={16} />} onClick={() => ask("crop")}>
          {t("batch.crop")}
        </Button>
        <Button
          {...button}
          variant={dataset.without_caption > 0 ? "filled" : "default"}
          leftSection={<IconWand size={16} />}
          onClick={() => ask("tag")}
        >
          {t("batch.tag")}
        </Button>
        <Button {...button} leftSection={<IconTags size={16} />} onClick={() => setOpen("edit")}>
          {t("batch.change")}
        </Button>
        <Button {...button} leftSection={<IconRepeat size={16} />} onClick={() => setOpen("repeats")}>
          {t("batch.repeats")}
        </Button>
        <MirrorMenu dataset={dataset} names={names} button={button} />
        {selected.length > 0 && (
          <Menu>
            <Menu.Target>
              <Button {...button} leftSection={<IconEyeOff size={16} />}>
                {t("batch.exclude")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{t("batch.for", { count: names.length })}</Menu.Label>
              <Menu.Item leftSection={<IconEyeOff size={16} />} onClick={() => exclude(true)}>
                {t("batch.exclude")}
              </Menu.Item>
              <Menu.Item leftSection={<IconEye size={16} />} onClick={() => exclude(false)}>
                {t("batch.include")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        {selected.length > 0 && (
          <Text size="sm" c="dimmed">
            {t("batch.for", { count: names.length })}
          </Text>
        )}
      </Group>
      {open === "crop" && <CropDialog dataset={dataset} pictures={selected} onClose={close} />}
      {open === "tag" && <TaggingDialog dataset={dataset} pictures={selected} onClose={close} />}
      {open === "edit" && <TagEditDialog dataset={dataset} pictures={selected} onClose={close} />}
      {open === "repeats" && <RepeatsDialog dataset={dataset} pictures={names} onClose={close} />}
    </>
  );
}
