import { Button, CopyButton, Group, Menu, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCheck, IconCopy, IconDownload, IconPhotoStar, IconWand } from "@tabler/icons-react";
import type { Schemas } from "@/api/client";
import { useAbout } from "@/api/drawings";
import { useModelActions, useModels } from "@/api/models";
import { useSpeech } from "@/i18n";

interface Props {
  drawing: Schemas["DrawingShape"];
  number: number;
  onReuse: () => void;
}

/** What one picture was drawn with, and what can be done with it. */
export function About({ drawing, number, onReuse }: Props) {
  const { t } = useSpeech();
  const about = useAbout(drawing.id, number).data;
  const picture = drawing.pictures[number];
  if (!about || !picture) return null;
  const settings = [
    about.adapters.map(({ name, weight }) => `${name} × ${weight}`).join(", "),
    `${t("workbench.seed")} ${about.seed}`,
    `${t("workbench.steps")} ${about.steps}`,
    `${t("workbench.cfg")} ${about.cfg}`,
    about.sampler,
    about.size.replace("x", " × "),
    about.clip_skip > 1 ? `${t("workbench.clipSkip")} ${about.clip_skip}` : "",
  ];
  return (
    <Stack gap={6} mt="sm">
      <Text size="sm" style={{ overflowWrap: "anywhere" }} lineClamp={3}>
        {about.prompt}
      </Text>
      {about.negative && (
        <Text size="xs" c="dimmed" lineClamp={2}>
          {t("workbench.negative")}: {about.negative}
        </Text>
      )}
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {settings.filter(Boolean).join(" · ")}
      </Text>
      <Group gap="xs">
        <Button size="xs" leftSection={<IconWand size={14} />} onClick={onReuse}>
          {t("workbench.reuseOne")}
        </Button>
        <CopyButton value={about.text}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {t(copied ? "workbench.copied" : "workbench.copy")}
            </Button>
          )}
        </CopyButton>
        <Button
          component="a"
          href={picture.url}
          download={`${drawing.id}-${number + 1}-${about.seed}.png`}
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} />}
        >
          {t("workbench.download")}
        </Button>
        <ShowOn url={picture.url} name={`${drawing.id}-${number + 1}.png`} />
      </Group>
    </Stack>
  );
}

/** Take a picture to the card of a model. */
function ShowOn({ url, name }: { url: string; name: string }) {
  const { t } = useSpeech();
  const models = useModels("").data ?? [];
  const { show } = useModelActions();
  if (models.length === 0) return null;
  const take = async (id: string, model: string) => {
    const content = await (await fetch(url)).blob();
    const files = [new File([content], name, { type: "image/png" })];
    show.mutate(
      { id, files },
      { onSuccess: () => notifications.show({ message: t("workbench.shownOn", { name: model }) }) },
    );
  };
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconPhotoStar size={14} />} loading={show.isPending}>
          {t("workbench.showOn")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={280} style={{ overflowY: "auto" }}>
        {models.map((model) => (
          <Menu.Item key={model.id} onClick={() => void take(model.id, model.name)}>
            {model.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
