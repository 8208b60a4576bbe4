import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** Cinnabar 朱砂, what furnaces were filled with. */
const cinnabar: MantineColorsTuple = [
  "#fff0ed",
  "#fbdfda",
  "#f3bcb2",
  "#ec9788",
  "#e67765",
  "#e2624e",
  "#ce4632",
  "#c8402f",
  "#b13728",
  "#9a2c1f",
];

export const theme = createTheme({
  colors: { cinnabar },
  primaryColor: "cinnabar",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.18, // where black and white are read equally well, both by WCAG AA
  defaultRadius: "md",
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  headings: { fontWeight: "650", textWrap: "balance" },
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** Quiet text, and words on pale badges, dark enough to be read by everybody (WCAG AA: 4.5 to 1). */
export const variables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": colors.gray[7],
    "--mantine-color-placeholder": colors.gray[7],
    "--mantine-color-teal-light-color": "#06644a",
    "--mantine-color-orange-light-color": "#9c3307",
  },
  dark: { "--mantine-color-dimmed": colors.dark[1], "--mantine-color-placeholder": colors.dark[1] },
});
