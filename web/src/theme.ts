import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Cinnabar 朱砂, what furnaces were filled with. */
const cinnabar: MantineColorsTuple = [
  "#fff0ed", "#fbdfda", "#f3bcb2", "#ec9788", "#e67765",
  "#e2624e", "#e05641", "#c8402f", "#b13728", "#9a2c1f",
];

export const theme = createTheme({
  colors: { cinnabar },
  primaryColor: "cinnabar",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  defaultRadius: "md",
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  headings: { fontWeight: "650" },
  cursorType: "pointer",
});
