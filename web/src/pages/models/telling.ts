import { notifications } from "@mantine/notifications";
import { useCallback } from "react";
import type { Schemas } from "@/api/client";
import { useSpeech } from "@/i18n";

/** Tells which uploaded pictures weren't taken, and why the first wasn't. */
export function useTellLeftOut() {
  const { t, say } = useSpeech();
  return useCallback(
    (leftOut: Schemas["RefusedFile"][]) => {
      const [first] = leftOut;
      if (!first) return;
      const message = t("model.leftOut", { count: leftOut.length, why: say(first.text) });
      notifications.show({ color: "orange", message, autoClose: 8000 });
    },
    [t, say],
  );
}
