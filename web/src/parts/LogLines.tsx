import { Badge, Box } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useLog } from "@/api/jobs";
import { useSpeech } from "@/i18n";

/** What a job's process prints; it follows while one looks at the end of it. */
export function LogLines({ job }: { job: string }) {
  const { t } = useSpeech();
  const { text, live } = useLog(job);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <>
      {live && (
        <Badge mt="sm" variant="light" tt="none">
          {t("run.logLive")}
        </Badge>
      )}
      <Box
        ref={box}
        component="div"
        role="log"
        aria-label={t("run.log")}
        tabIndex={0}
        mt="sm"
        mah={320}
        fz="xs"
        ff="monospace"
        style={{ overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < 24;
        }}
      >
        {text || t("run.logEmpty")}
      </Box>
    </>
  );
}
