export const en = {
  "tagging.title": "Tag automatically",
  "tagging.trigger": "Trigger word",
  "tagging.triggerHint": "A word of your own that will call the character; it is put first in every caption.",
  "tagging.threshold": "Threshold",
  "tagging.thresholdHint": "Lower: more tags, with more mistakes. Higher: fewer and surer ones.",
  "tagging.existing": "Pictures that have tags already",
  "tagging.traits": "Let the trigger word absorb constant traits",
  "tagging.traitsHint":
    "Tags that nearly all pictures share (hair colour, eyes) are left out, so that the trigger word absorbs them.",
  "tagging.keep": "Leave them as they are",
  "tagging.replace": "Replace their tags",
  "tagging.append": "Add to their tags",
  "tagging.tagger": "Tagger",
  "tagging.knows": "{name}: knows {knows}.",
  "tagging.another":
    "For another tagger: run “danlu download SmilingWolf/wd-vit-tagger-v3” in a terminal, then add the folder it names under Settings.",
  "tagging.addFolder": "Then add the folder that it names under Settings.",
  "tagging.noTrigger": "Without a trigger word there is nothing that could absorb traits.",
  "tagging.start": "Tag",
  "tagging.traitsKept": "Traits that the trigger word has already absorbed stay out of these captions.",
  "tagging.unseen":
    "The tagger hasn't looked at {count} picture yet.|The tagger hasn't looked at {count} pictures yet.",
  "tagging.looking": "The tagger is looking at {count} pictures…",
  "tagging.look": "Preview the tags first",
  "tagging.takes": "“{trigger}” absorbs:",
} as const;
