import { ActionIcon, Box, Button, Card, Group, SimpleGrid, Text, Title, UnstyledButton } from "@mantine/core";
import { IconCheck, IconPhotoPlus, IconX } from "@tabler/icons-react";
import { useEffect, useMemo } from "react";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import classes from "./models.module.css";

interface Props {
  /** The previews that are offered; undefined until they are known. */
  offered: { path: string; url: string; prompt: string }[] | undefined;
  chosen: string[];
  onChoose: (paths: string[]) => void;
  files: File[];
  onFiles: (files: File[]) => void;
}

/** Which pictures show what a model can do: previews of its training, and one's own. */
export function ShowPicker({ offered, chosen, onChoose, files, onFiles }: Props) {
  const { t } = useSpeech();
  const urls = useMemo(() => files.map((file) => URL.createObjectURL(file)), [files]);
  useEffect(() => () => urls.forEach((url) => URL.revokeObjectURL(url)), [urls]);
  const toggle = (path: string) =>
    onChoose(chosen.includes(path) ? chosen.filter((one) => one !== path) : [...chosen, path]);
  return (
    <Card withBorder padding="md">
      <Title order={2} size="h5">
        {t("model.pictures")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t(offered?.length === 0 ? "model.previewsNone" : "model.picturesHint")}
      </Text>
      <SimpleGrid cols={4} spacing={6} mb="sm">
        {offered?.map((one) => (
          <UnstyledButton
            key={one.path}
            className={classes.choice}
            aria-pressed={chosen.includes(one.path)}
            aria-label={t("model.choose", { prompt: one.prompt })}
            title={one.prompt}
            onClick={() => toggle(one.path)}
          >
            <img src={one.url} alt="" loading="lazy" />
            {chosen.includes(one.path) && (
              <span className={classes.mark}>
                <IconCheck size={14} stroke={3} />
              </span>
            )}
          </UnstyledButton>
        ))}
        {files.map((file, index) => (
          <Box key={urls[index]} className={classes.choice} data-own>
            <img src={urls[index]} alt={file.name} />
            <ActionIcon
              className={classes.remove}
              size="sm"
              color="dark"
              aria-label={t("model.removePicture")}
              onClick={() => onFiles(files.filter((one) => one !== file))}
            >
              <IconX size={14} />
            </ActionIcon>
          </Box>
        ))}
      </SimpleGrid>
      <Group>
        <FilePicker multiple accept="image/*" onChange={(more) => onFiles([...files, ...more].slice(0, 20))}>
          {(props) => (
            <Button {...props} size="xs" variant="default" leftSection={<IconPhotoPlus size={14} />}>
              {t("model.upload")}
            </Button>
          )}
        </FilePicker>
      </Group>
    </Card>
  );
}
