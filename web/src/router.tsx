import { Anchor, Center, Stack, Text } from "@mantine/core";
import { Link, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { prefetchDataset } from "./api/datasets";
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
    loader: ({ params }) => prefetchDataset(params.id),
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
        <Text size="lg">{t("problem.lost")}</Text>
        <Anchor renderRoot={(props) => <Link to="/" {...props} />}>{t("nav.home")}</Anchor>
      </Stack>
    </Center>
  );
}
