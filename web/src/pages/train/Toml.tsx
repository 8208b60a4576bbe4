import { Alert, Badge, Button, CopyButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload, IconFolderOpen } from "@tabler/icons-react";
import { useReadRecipe } from "@/api/recipes";
import { sentence } from "@/api/queries";
import { useSpeech } from "@/i18n";
import { FilePicker } from "@/parts/FilePicker";
import type { Form } from "./useForm";

interface Props {
  dataset: string;
  form: Form;
  /** The recipe of the form as a file; null while that isn't known, and as long as it holds a mistake. */
  written: string | null;
}

/** The recipe as a file: what differs from the defaults, to read, change, copy, keep. */
export function Toml({ dataset, form, written }: Props) {
  const { t } = useSpeech();
  const read = useReadRecipe();
  const { draft, update, take } = form;
  const text = draft.toml ?? written ?? "";
  const edited = draft.toml !== null && draft.toml !== written;
  const apply = () => read.mutate({ dataset_id: dataset, toml: text }, { onSuccess: (answer) => take(answer.recipe) });
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Button onClick={apply} disabled={!edited} loading={read.isPending}>
          {t("toml.apply")}
        </Button>
        <Button
          variant="default"
          disabled={!edited}
          onClick={() => {
            read.reset();
            update({ toml: null });
          }}
        >
          {t("toml.discard")}
        </Button>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
            >
              {t(copied ? "toml.copied" : "toml.copy")}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          component="a"
          leftSection={<IconDownload size={16} />}
          href={`data:application/toml;charset=utf-8,${encodeURIComponent(text)}`}
          download={`${String(form.recipe?.name ?? "recipe")}.toml`}
        >
          {t("toml.download")}
        </Button>
        <FilePicker accept=".toml,text/*" onChange={(file) => void file?.text().then((toml) => update({ toml }))}>
          {(props) => (
            <Button variant="default" leftSection={<IconFolderOpen size={16} />} {...props}>
              {t("toml.open")}
            </Button>
          )}
        </FilePicker>
        {edited && (
          <Badge variant="light" color="orange">
            {t("toml.edited")}
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {t("toml.hint")}
      </Text>
      {read.error && edited && (
        <Alert color="red" p="xs" role="alert">
          {sentence(read.error)}
        </Alert>
      )}
      <Textarea
        aria-label={t("toml.label")}
        autosize
        minRows={16}
        spellCheck={false}
        readOnly={draft.toml === null && written === null}
        placeholder={t("toml.wait")}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
        value={text}
        onChange={(event) => update({ toml: event.currentTarget.value })}
        onKeyDown={(event) => {
          if ((event.ctrlKey || event.metaKey) && event.key === "Enter") apply();
        }}
      />
    </Stack>
  );
}
