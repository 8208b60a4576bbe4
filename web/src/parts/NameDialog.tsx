import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useSpeech } from "@/i18n";
import { Dialog } from "./Dialog";

interface Props {
  title: string;
  action: string;
  name?: string;
  label?: string;
  hint?: string;
  loading: boolean;
  onClose: () => void;
  onName: (name: string) => void;
}

/** Asks what something is to be called. */
export function NameDialog({ title, action, name = "", label, hint, loading, onClose, onName }: Props) {
  const { t } = useSpeech();
  const [text, setText] = useState(name);
  return (
    <Dialog
      title={title}
      action={action}
      disabled={!text.trim()}
      loading={loading}
      onClose={onClose}
      onConfirm={() => onName(text.trim())}
    >
      <TextInput
        data-autofocus
        required
        maxLength={label ? 500 : 100}
        label={label ?? t("dataset.name")}
        description={hint}
        placeholder={label ? undefined : t("dataset.nameHint")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </Dialog>
  );
}
