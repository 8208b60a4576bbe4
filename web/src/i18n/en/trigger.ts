export const en = {
  "trigger.led": "{led} of {count} captions begin with it",
  "trigger.traits": "Absorbed traits:",
  "trigger.offered": "Tags of nearly all pictures; those you choose are absorbed by the trigger word:",
} as const;
