import { Anchor, Center, Stack, Title } from "@mantine/core";
import { Link, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { useSpeech } from "./i18n";
import { Failure } from "./parts/Failure";
import { Shell } from "./shell/Shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Lost });
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

interface DatasetSearch {
  tab?: "tags" | "health";
  find?: string;
  picture?: string;
}

/** What a page shows stands in its address, so that a reload keeps the place. */
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("./pages/home/HomePage"), "HomePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/datasets/$id",
    component: lazyRouteComponent(() => import("./pages/dataset/DatasetPage"), "DatasetPage"),
    validateSearch: (search): DatasetSearch => ({
      tab: search.tab === "tags" || search.tab === "health" ? search.tab : undefined,
      find: text(search.find),
      picture: text(search.picture),
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/train",
    component: lazyRouteComponent(() => import("./pages/train/TrainPage"), "TrainPage"),
    validateSearch: (search): { dataset?: string } => ({ dataset: text(search.dataset) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs/$id",
    component: lazyRouteComponent(() => import("./pages/run/RunPage"), "RunPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/queue",
    component: lazyRouteComponent(() => import("./pages/queue/QueuePage"), "QueuePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/models",
    component: lazyRouteComponent(() => import("./pages/models/ModelsPage"), "ModelsPage"),
    validateSearch: (search): { find?: string } => ({ find: text(search.find) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/models/publish",
    component: lazyRouteComponent(() => import("./pages/models/PublishPage"), "PublishPage"),
    validateSearch: (search): { run?: string; checkpoint?: string } => ({
      run: text(search.run),
      checkpoint: text(search.checkpoint),
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/models/$id",
    component: lazyRouteComponent(() => import("./pages/models/ModelPage"), "ModelPage"),
    validateSearch: (search): { picture?: string } => ({ picture: text(search.picture) }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: lazyRouteComponent(() => import("./pages/settings/SettingsPage"), "SettingsPage"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: "intent",
  defaultErrorComponent: ({ error }) => <Failure error={error} onRetry={() => location.reload()} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function Lost() {
  const { t } = useSpeech();
  return (
    <Center h={300}>
      <Stack align="center">
        <Title order={1} size="h3">
          {t("problem.lost")}
        </Title>
        <Anchor renderRoot={(props) => <Link to="/" {...props} />}>{t("nav.home")}</Anchor>
      </Stack>
    </Center>
  );
}
