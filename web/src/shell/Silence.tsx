import { Alert } from "@mantine/core";
import { IconPlugOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ask } from "@/api/client";
import { useSilence } from "@/api/queries";
import { useSpeech } from "@/i18n";
import classes from "./Shell.module.css";

/** Says that the studio doesn't answer, asks until it does, and then lets every page ask anew. */
export function Silence() {
  const { t } = useSpeech();
  const client = useQueryClient();
  const silent = useSilence();
  useQuery({
    queryKey: ["silence"],
    queryFn: () => ask(api.GET("/api/settings")),
    enabled: silent,
    refetchInterval: 2_000,
    retry: false,
  });
  useEffect(() => (silent ? () => void client.invalidateQueries() : undefined), [client, silent]);
  if (!silent) return null;
  return (
    <Alert className={classes.silence} color="orange" icon={<IconPlugOff />} title={t("problem.offline")}>
      {t("problem.stale")}
    </Alert>
  );
}
