import type { Language } from "@/i18n";

const LOCALES: Record<Language, string> = { en: "en", zh: "zh-CN" };

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Bytes as graphics cards, Windows and model sites count them, 1024 to the next unit: 37.4 MB. As `kit/quantities.py`. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (unit < UNITS.length - 1 && value >= 999.5) [value, unit] = [value / 1024, unit + 1];
  return `${value >= 99.95 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A share in whole percent, without a space: 94%. Nothing is -0%. */
export function percent(share: number): string {
  return `${Math.round(share * 100) + 0}%`;
}

/** A figure between 0 and 1 that is no share: a score, a threshold. Nothing is -0.00. */
export function figure(value: number): string {
  return (Math.round(value * 100) / 100 + 0).toFixed(2);
}

/** A phrase that stands by itself, as on a button: with a capital letter. */
export function capital(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

/** A span of time as closely as it matters: 1 h 5 min, 25 min, 3 min 20 s, 8 s. */
export function duration(seconds: number, language: Language): string {
  const [h, m, s] = language === "zh" ? ["小时", "分", "秒"] : ["h", "min", "s"];
  const whole = Math.max(0, Math.round(seconds));
  if (whole === 0) return language === "zh" ? "不到 1 秒" : "less than 1 s";
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours) return `${hours} ${h} ${minutes} ${m}`;
  if (minutes >= 10) return `${minutes} ${m}`;
  if (minutes) return `${minutes} ${m} ${whole % 60} ${s}`;
  return `${whole} ${s}`;
}

/** A time of day, with its day if that isn't today. */
export function clock(time: number, language: Language, now = Date.now()): string {
  const at = new Date(time * 1000);
  const today = at.toDateString() === new Date(now).toDateString();
  const day = today ? {} : ({ month: "short", day: "numeric" } as const);
  return at.toLocaleString(LOCALES[language], { ...day, hour: "2-digit", minute: "2-digit" });
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

/** The labels of an axis: all with as many decimals as their step asks for, so 0.08, 0.09, 0.10. */
export function ticks(values: number[]): string[] {
  const step = Math.min(...values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0))));
  if (!Number.isFinite(step) || step === 0) return values.map(short);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4) return values.map((value) => (value === 0 ? "0" : value.toExponential(1)));
  // The step 0.25 asks for two decimals, 0.2 for one.
  const more = Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 ? 1 : 0;
  return values.map((value) => value.toFixed(decimals + more));
}

/** A loss or rate, short: 0.0832, 4.0e-4. */
export function short(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toPrecision(3);
}
