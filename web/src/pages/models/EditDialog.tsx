import { ActionIcon, Badge, Box, Button, Group, Input, SimpleGrid, Stack, Switch } from "@mantine/core";
import { IconPhotoPlus, IconStar, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useModelActions } from "@/api/models";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import { Dialog } from "@/parts/Dialog";
import { CardFields, type CardText } from "./CardFields";
import classes from "./models.module.css";
import { useTellLeftOut } from "./telling";

interface Props {
  model: Schemas["ModelDetail"];
  onClose: () => void;
}

/** Change what a model's card says; the file stays as it is. */
export function EditDialog({ model, onClose }: Props) {
  const { t } = useSpeech();
  const { edit } = useModelActions();
  const [card, setCard] = useState<CardText>({
    name: model.name,
    triggers: model.triggers,
    description: model.description,
    licence: model.licence,
    licence_text: model.licence_text,
  });
  const [pictures, setPictures] = useState(model.shown);
  const [listed, setListed] = useState(model.listed);
  const without = listed && pictures.length === 0;
  const save = () =>
    edit.mutate(
      { id: model.id, change: { ...card, listed, pictures: pictures.map((one) => one.file) } },
      { onSuccess: onClose },
    );
  return (
    <Dialog
      title={t("model.edit")}
      action={t("common.save")}
      size="lg"
      loading={edit.isPending}
      disabled={!card.name.trim() || without}
      onClose={onClose}
      onConfirm={save}
    >
      <CardFields
        card={card}
        nameHint={t("model.fileNote")}
        onChange={(change) => setCard((old) => ({ ...old, ...change }))}
      />
      <Pictures id={model.id} pictures={pictures} onChange={setPictures} />
      <Switch
        label={t("model.listed")}
        description={t("model.listedHint")}
        error={without && t("model.needsPicture")}
        checked={listed}
        onChange={(event) => setListed(event.currentTarget.checked)}
      />
    </Dialog>
  );
}

interface PicturesProps {
  id: string;
  pictures: Schemas["ShowPicture"][];
  onChange: (pictures: Schemas["ShowPicture"][]) => void;
}

/** The show pictures: one more, one fewer, another one first. */
function Pictures({ id, pictures, onChange }: PicturesProps) {
  const { t } = useSpeech();
  const { show } = useModelActions();
  const tell = useTellLeftOut();
  const add = (files: File[]) =>
    show.mutate(
      { id, files },
      {
        onSuccess: ({ model, left_out }) => {
          const known = new Set(pictures.map((one) => one.file));
          onChange([...pictures, ...model.shown.filter((one) => !known.has(one.file))]);
          tell(left_out);
        },
      },
    );
  return (
    <Stack gap={4}>
      <Input.Label component="div">{t("model.pictures")}</Input.Label>
      <Input.Description>{t("model.picturesHint")}</Input.Description>
      <SimpleGrid cols={{ base: 3, sm: 5 }} spacing={6}>
        {pictures.map((one, index) => (
          <Box key={one.file} className={classes.choice}>
            <img src={one.thumbnail} alt={one.prompt} />
            {index === 0 ? (
              <Badge size="xs" tt="none" pos="absolute" bottom={4} left={4}>
                {t("model.cover")}
              </Badge>
            ) : (
              <ActionIcon
                size="sm"
                color="dark"
                pos="absolute"
                bottom={4}
                left={4}
                aria-label={t("model.toFront")}
                title={t("model.toFront")}
                onClick={() => onChange([one, ...pictures.filter((other) => other !== one)])}
              >
                <IconStar size={14} />
              </ActionIcon>
            )}
            <ActionIcon
              className={classes.remove}
              size="sm"
              color="dark"
              aria-label={t("model.removePicture")}
              onClick={() => onChange(pictures.filter((other) => other !== one))}
            >
              <IconX size={14} />
            </ActionIcon>
          </Box>
        ))}
      </SimpleGrid>
      <Group mt={4}>
        <FilePicker multiple accept="image/*" onChange={(files) => files.length > 0 && add(files)}>
          {(props) => (
            <Button
              {...props}
              size="xs"
              variant="default"
              leftSection={<IconPhotoPlus size={14} />}
              loading={show.isPending}
            >
              {t("model.upload")}
            </Button>
          )}
        </FilePicker>
      </Group>
    </Stack>
  );
}
