import { type ChangeEvent, useState } from "react";

/**
 * A field whose text stands in the address. The address follows a moment later: while somebody types, the field shows
 * what was typed, so that the caret stays where it is and an input method can compose.
 */
export function useTyping(text: string, onType: (text: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const type = (next: string) => {
    setTyped(next);
    onType(next);
  };
  return {
    value: typed ?? text,
    onChange: (event: ChangeEvent<HTMLInputElement>) => type(event.currentTarget.value),
    onBlur: () => setTyped(null),
    clear: () => type(""),
  };
}
