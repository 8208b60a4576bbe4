import { createContext, useCallback, useContext, useEffect, useMemo, type ReactNode } from "react";
import { useLocalStorage } from "@mantine/hooks";
import { en } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";
export type Key = keyof typeof en;

/** The names between braces in a text: `Names<"{a} of {b}">` is `"a" | "b"`. */
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Values<K extends Key> = [Names<(typeof en)[K]>] extends [never]
  ? []
  : [values: Record<Names<(typeof en)[K]>, string | number>];

export type Translate = <K extends Key>(key: K, ...values: Values<K>) => string;

/** What both languages say of one thing, as the API sends it. */
export interface Text {
  en: string;
  zh: string;
}

/** Fill a text's braces. A text with a bar has a singular and a plural, told apart by `count`. */
export function fill(text: string, values: Record<string, string | number> = {}): string {
  const [one, many] = text.split("|");
  const chosen = many !== undefined && values.count !== 1 ? many : (one ?? "");
  return chosen.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

interface Speech {
  language: Language;
  setLanguage: (language: Language) => void;
  t: Translate;
  /** The half of a text from the API that is in the user's language. */
  say: (text: Text) => string;
}

const SpeechContext = createContext<Speech | null>(null);

export function SpeechProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useLocalStorage<Language>({
    key: "danlu-language",
    defaultValue: navigator.language.startsWith("zh") ? "zh" : "en",
    getInitialValueInEffect: false,
  });
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);
  const t = useCallback<Translate>((key, ...values) => fill((language === "zh" ? zh : en)[key], values[0]), [language]);
  const say = useCallback((text: Text) => text[language], [language]);
  const speech = useMemo(() => ({ language, setLanguage, t, say }), [language, setLanguage, t, say]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error("useSpeech outside of SpeechProvider");
  return speech;
}
