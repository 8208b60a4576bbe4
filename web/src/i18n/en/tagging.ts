export const en = {
  "tagging.title": "Tag automatically",
  "tagging.trigger": "Trigger word",
  "tagging.triggerHint": "A word of your own that will call the character; it is put first in every caption.",
  "tagging.threshold": "Threshold",
  "tagging.thresholdHint": "Lower: more tags, with more mistakes. Higher: fewer and surer ones.",
  "tagging.existing": "Pictures that have tags already",
  "tagging.traits": "Bind constant traits to the trigger word",
  "tagging.traitsHint":
    "Tags that nearly all pictures share (hair colour, eyes) are left out, so that the trigger word takes them over.",
  "tagging.keep": "Leave them as they are",
  "tagging.replace": "Tag anew",
  "tagging.append": "Add to their tags",
  "tagging.tagger": "Tagger",
  "tagging.start": "Tag",
  "tagging.traitsKept": "Those that the trigger word has taken over so far stay out of these captions.",
  "tagging.unseen":
    "The tagger hasn't looked at {count} picture yet.|The tagger hasn't looked at {count} pictures yet.",
  "tagging.looking": "The tagger is looking at {count} pictures …",
  "tagging.look": "Look first, then choose",
  "tagging.takes": "“{trigger}” takes over:",
} as const;
