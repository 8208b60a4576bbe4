export const en = {
  "preview.left": "Previous prompt (←)",
  "preview.right": "Next prompt (→)",
  "preview.up": "Row above (↑)",
  "preview.down": "Row below (↓)",
  "preview.reset": "Whole picture (0)",
  "preview.none": "Not drawn",
  "preview.compare": "Compare with…",
  "preview.slider": "How much of the other picture is shown",
} as const;
