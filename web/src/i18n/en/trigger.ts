export const en = {
  "trigger.led": "{led} of {count} captions begin with it",
  "trigger.traits": "It has taken over:",
  "trigger.offered": "Tags of nearly all pictures; chosen ones are bound to the trigger word:",
} as const;
