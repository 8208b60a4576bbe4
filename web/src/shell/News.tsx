import { useEffect, useRef } from "react";
import { useJobs } from "@/api/jobs";
import { useSpeech } from "@/i18n";
import { ended, subjectOf, tabTitle } from "./news";
import { useNotifying } from "./notifying";

/** Tells how far a job is in the title of the tab, and by the browser that one has ended, if that is wished for. */
export function News() {
  const { t } = useSpeech();
  const jobs = useJobs().data;
  const { on } = useNotifying();
  const open = useRef(new Map<string, boolean>());
  useEffect(() => {
    if (!jobs) return;
    document.title = tabTitle(jobs, (job) => t(`job.state.${job.state}`));
    for (const job of on ? ended(open.current, jobs) : []) {
      const title = `${t(`job.kind.${job.kind}`)}: ${t(`job.state.${job.state}`)}`;
      const shown = new Notification(title, { body: subjectOf(job), tag: job.id, icon: "/favicon.svg" });
      shown.onclick = () => window.focus();
    }
    open.current = new Map(jobs.map((job) => [job.id, job.ended_at === null]));
  }, [jobs, on, t]);
  return null;
}
