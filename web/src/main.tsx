import "@mantine/core/styles.css";
import "@mantine/dropzone/styles.css";
import "@mantine/notifications/styles.css";
import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries";
import { SpeechProvider, useSpeech } from "./i18n";
import { router } from "./router";
import { theme, variables } from "./theme";

/** Questions that are asked before something is done. */
function Questions({ children }: { children: ReactNode }) {
  const { t } = useSpeech();
  return (
    <ModalsProvider modalProps={{ closeButtonProps: { "aria-label": t("common.close") } }}>{children}</ModalsProvider>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <SpeechProvider>
        <QueryClientProvider client={queries}>
          <Questions>
            <Notifications />
            <RouterProvider router={router} />
          </Questions>
        </QueryClientProvider>
      </SpeechProvider>
    </MantineProvider>
  </StrictMode>,
);
