export const en = {
  "view.title": "Views of this picture",
  "view.whole": "Picture",
  "view.add": "Add a close-up",
  "view.name": "face",
  "view.remove": "Remove the view {name}",
} as const;
