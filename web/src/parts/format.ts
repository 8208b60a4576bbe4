import type { Language } from "@/i18n";

const LOCALES: Record<Language, string> = { en: "en", zh: "zh-CN" };

/** Bytes as people say them: 37.4 MB. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), units.length - 1);
  const value = count / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A phrase that stands by itself, as on a button: with a capital letter. */
export function capital(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** A span of time as closely as it matters: 1 h 5 min, 25 min, 3 min 20 s, 8 s. */
export function duration(seconds: number, language: Language): string {
  const [h, m, s] = language === "zh" ? ["小时", "分", "秒"] : ["h", "min", "s"];
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours) return `${hours} ${h} ${minutes} ${m}`;
  if (minutes >= 10) return `${minutes} ${m}`;
  if (minutes) return `${minutes} ${m} ${whole % 60} ${s}`;
  return `${whole} ${s}`;
}

/** How long ago or ahead a moment (seconds since 1970) is: 5 minutes ago, yesterday. */
export function moment(time: number, language: Language, now = Date.now() / 1000): string {
  const format = new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" });
  const away = time - now;
  const size = Math.abs(away);
  if (size < 60) return format.format(Math.round(away), "second");
  if (size < 3600) return format.format(Math.round(away / 60), "minute");
  if (size < 86400) return format.format(Math.round(away / 3600), "hour");
  if (size < 30 * 86400) return format.format(Math.round(away / 86400), "day");
  return new Date(time * 1000).toLocaleDateString(LOCALES[language]);
}

export function number(value: number, language: Language): string {
  return value.toLocaleString(LOCALES[language]);
}

/** A loss or rate, short: 0.0832, 4.0e-4. */
export function short(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toPrecision(3);
}
