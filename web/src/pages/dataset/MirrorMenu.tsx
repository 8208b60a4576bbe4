import { Button, type ButtonProps, Menu } from "@mantine/core";
import { IconFlipVertical } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { changePictures, useChange } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { MIRRORS } from "./mirrors";

interface Props {
  dataset: Schemas["DatasetDetail"];
  names: string[];
  button: ButtonProps;
}

/** From which side pictures are shown. */
export function MirrorMenu({ dataset, names, button }: Props) {
  const { t } = useSpeech();
  const change = useChange(dataset.id);
  return (
    <Menu>
      <Menu.Target>
        <Button {...button} leftSection={<IconFlipVertical size={16} />}>
          {t("mirror.title")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown maw={320}>
        <Menu.Label>{t("batch.for", { count: names.length })}</Menu.Label>
        {MIRRORS.map(({ key, value }) => (
          <Menu.Item
            key={key}
            onClick={() =>
              change.mutate({
                call: (version) => changePictures(dataset.id, version, names, { mirror: value }),
                names,
                shown: { mirror: value },
              })
            }
          >
            {t(`mirror.${key}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
