import { TextInput } from "@mantine/core";
import { useState } from "react";
import { readNumber, written } from "../control";
import { same } from "../recipe";

interface Props {
  id?: string;
  value: unknown;
  error?: boolean;
  placeholder?: string;
  "aria-label"?: string;
  onChange: (value: number | string | null) => void;
}

/** A number that may be written as 1e-4. */
export function NumberControl({ value, onChange, ...shared }: Props) {
  const [text, setText] = useState(() => textOf(value));
  const [seen, setSeen] = useState(value);
  if (!same(seen, value)) {
    setSeen(value);
    if (!same(readNumber(text), value)) setText(textOf(value)); // it was changed elsewhere
  }
  return (
    <TextInput
      {...shared}
      inputMode="decimal"
      autoComplete="off"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(readNumber(event.currentTarget.value));
      }}
    />
  );
}

const textOf = (value: unknown) => (typeof value === "number" ? written(value) : String(value ?? ""));
