import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBookmark, IconBookmarkPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { usePresets, useRemovePreset, useSavePreset } from "@/api/presets";
import { useSpeech } from "@/i18n";
import { chosenPart, upon } from "./presets";
import type { Form } from "./useForm";

/** Settings saved under a name: take them over, save what was changed here, remove one. */
export function PresetMenu({ form }: { form: Form }) {
  const { t } = useSpeech();
  const presets = usePresets().data ?? [];
  const remove = useRemovePreset();
  const [saving, { open, close }] = useDisclosure();
  const { sections, reference, recipe } = form;
  if (!reference || !recipe) return null;
  const part = chosenPart(sections, reference, recipe);
  return (
    <>
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} />}>
            {t("preset.mine")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown maw="90vw">
          {presets.length === 0 && <Menu.Label>{t("preset.none")}</Menu.Label>}
          {presets.map(({ name, settings }) => (
            <Group key={name} gap={4} wrap="nowrap">
              <Menu.Item onClick={() => form.take(upon(recipe, settings))}>{name}</Menu.Item>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("preset.remove", { name })}
                onClick={() => remove.mutate(name)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          ))}
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconBookmarkPlus size={16} />}
            disabled={Object.keys(part).length === 0}
            onClick={open}
          >
            {t("preset.save")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SaveDialog opened={saving} onClose={close} settings={part} taken={presets.map((one) => one.name)} />
    </>
  );
}

interface SaveProps {
  opened: boolean;
  onClose: () => void;
  settings: ReturnType<typeof chosenPart>;
  taken: string[];
}

function SaveDialog({ opened, onClose, settings, taken }: SaveProps) {
  const { t } = useSpeech();
  const [name, setName] = useState("");
  const save = useSavePreset();
  const called = name.trim();
  const submit = () => save.mutate({ name: called, settings }, { onSuccess: onClose });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("preset.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
      centered
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (called) submit();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{t("preset.hint")}</Text>
          <TextInput
            label={t("preset.name")}
            description={taken.includes(called) ? t("preset.replaces") : undefined}
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group justify="end">
            <Button type="submit" disabled={!called} loading={save.isPending}>
              {t("preset.saveIt")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
