import { Alert, Button, Code, Group, Modal, Stack, Table, Text, Textarea, Title } from "@mantine/core";
import { IconFolderOpen } from "@tabler/icons-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { useImportRecipe } from "@/api/recipes";
import { sentence } from "@/api/queries";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import { shown } from "./control";
import type { Form } from "./useForm";

interface Props {
  dataset: string;
  form: Form;
  opened: boolean;
  onClose: () => void;
}

/** kohya's settings, as a file or pasted: first what becomes of each, then they fill the form. */
export function KohyaDialog({ dataset, form, opened, onClose }: Props) {
  const { t } = useSpeech();
  const [text, setText] = useState("");
  const [name, setName] = useState("kohya");
  const read = useImportRecipe();
  const isNamed = read.data?.fates.some((one) => one.place === "name") ?? false;
  const close = () => {
    read.reset();
    onClose();
  };
  const look = (next: string, called: string, further: string[] = []) => {
    setText(next);
    setName(called);
    read.mutate({ dataset_id: dataset, base: form.base, text: next, further, name: called.slice(0, 200) });
  };
  const lookInto = async (files: File[]) => {
    const [first, ...further] = await Promise.all(files.map((file) => file.text()));
    if (first !== undefined) look(first, files[0]!.name, further);
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("kohya.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("common.close") }}
      centered
    >
      <Stack gap="sm">
        <Text size="sm">{t("kohya.hint")}</Text>
        {read.data ? (
          <>
            <Fates fates={read.data.fates} />
            <Group justify="end">
              <Button variant="default" onClick={read.reset}>
                {t("kohya.back")}
              </Button>
              <Button
                data-autofocus
                onClick={() => {
                  form.take(isNamed ? read.data.recipe : { ...read.data.recipe, name: form.recipe?.name });
                  close();
                }}
              >
                {t("kohya.use")}
              </Button>
            </Group>
          </>
        ) : (
          <>
            <FilePicker multiple accept=".json,.toml,.yaml,.yml" onChange={(files) => void lookInto(files)}>
              {(props) => (
                <Button {...props} variant="default" leftSection={<IconFolderOpen size={16} />} data-autofocus>
                  {t("kohya.file")}
                </Button>
              )}
            </FilePicker>
            <Textarea
              label={t("kohya.paste")}
              minRows={8}
              autosize
              maxRows={16}
              spellCheck={false}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
              placeholder={'{ "LoRA_type": "Standard", "network_dim": 16, … }'}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            {read.error && (
              <Alert color="red" p="xs" role="alert">
                {sentence(read.error)}
              </Alert>
            )}
            <Button
              style={{ alignSelf: "end" }}
              disabled={!text.trim()}
              loading={read.isPending}
              onClick={() => look(text, name)}
            >
              {t("kohya.read")}
            </Button>
          </>
        )}
      </Stack>
    </Modal>
  );
}

function Fates({ fates }: { fates: Schemas["FateShape"][] }) {
  const { t, say } = useSpeech();
  const dropped = fates.filter((one) => one.place === null && !one.unsaid);
  const changed = fates.filter((one) => one.place !== null && one.reason !== null && !one.unsaid);
  const carried = fates.filter((one) => one.place !== null && one.reason === null && !one.unsaid);
  const unsaid = fates.filter((one) => one.unsaid);
  return (
    <>
      {dropped.length > 0 && (
        <section>
          <Title order={3} size="h6">
            {t("kohya.dropped", { count: dropped.length })}
          </Title>
          {dropped.map((one, index) => (
            <Text key={index} size="sm" mt={4} style={{ overflowWrap: "anywhere" }}>
              <Code>{[one.key, shown(one.value)].filter((part) => part !== null).join(" = ")}</Code>{" "}
              {one.reason && say(one.reason)}
            </Text>
          ))}
        </section>
      )}
      <Placed title={t("kohya.changed", { count: changed.length })} fates={changed} />
      <Placed title={t("kohya.carried", { count: carried.length })} fates={carried} />
      <Placed title={t("kohya.unsaid")} fates={unsaid} />
    </>
  );
}

/** Settings with their places in the recipe, and why it says something else than the file, if it does. */
function Placed({ title, fates }: { title: string; fates: Schemas["FateShape"][] }) {
  const { say } = useSpeech();
  if (fates.length === 0) return null;
  return (
    <section>
      <Title order={3} size="h6">
        {title}
      </Title>
      <Table verticalSpacing={2}>
        <Table.Tbody>
          {fates.map((one, index) => (
            <Table.Tr key={index}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <Code>{one.key}</Code> {shown(one.value)}
              </Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {one.place && (
                  <>
                    → <Code>{one.place}</Code> {shown(one.found) !== shown(one.value) && shown(one.found)}
                  </>
                )}{" "}
                {one.reason && say(one.reason)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
