import { Anchor, Center, Stack, Title } from "@mantine/core";
import { Link, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { prefetchDataset } from "./api/datasets";
import { useSpeech } from "./i18n";
import { Failure } from "./parts/Failure";
import { Shell } from "./shell/Shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Lost });
const text = (value: unknown) =>
  (typeof value === "string" && value !== "") || typeof value === "number" ? String(value) : undefined;
const number = (value: unknown) => (typeof value === "number" && value >= 0 ? value : undefined);

interface DatasetSearch {
  tab?: "tags" | "health";
  find?: string;
  picture?: string;
  /** Regularization pictures are shown instead of those that teach. */
  set?: "reg";
  /** A dialog that is open. */
  do?: "tag" | "crop";
}

interface RunSearch {
  /** Row and column of the preview that is shown large, as `2-0`. */
  picture?: string;
  /** What it is compared with: `r0` is the same prompt in row 0. */
  beside?: string;
  /** How much curves are smoothed, in percent. */
  smooth?: number;
  log?: boolean;
  /** Id of the run that the parameters are held against. */
  other?: string;
}

interface CompareSearch {
  /** Ids, parted by commas. */
  runs?: string;
  curve?: string;
  all?: boolean;
  /** Group, row and column of the preview that is shown large, as `0-2-1`. */
  picture?: string;
  beside?: string;
}

interface TrainSearch {
  dataset?: string;
  /** An earlier run to begin with. */
  run?: string;
  /** The reference of an adapter file to go on from. */
  start?: string;
  mode?: "pro" | "toml";
  find?: string;
  changed?: boolean;
}

interface WorkbenchSearch {
  /** The drawing that is looked at, and which of its grids. */
  drawing?: string;
  z?: number;
  /** What to put on the stack: a checkpoint of a run, or a model. */
  run?: string;
  checkpoint?: string;
  model?: string;
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
      set: search.set === "reg" ? "reg" : undefined,
      do: search.do === "tag" || search.do === "crop" ? search.do : undefined,
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/train",
    component: lazyRouteComponent(() => import("./pages/train/TrainPage"), "TrainPage"),
    validateSearch: (search): TrainSearch => ({
      dataset: text(search.dataset),
      run: text(search.run),
      start: text(search.start),
      mode: search.mode === "pro" || search.mode === "toml" ? search.mode : undefined,
      find: text(search.find),
      changed: search.changed === true || undefined,
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/runs/$id",
    component: lazyRouteComponent(() => import("./pages/run/RunPage"), "RunPage"),
    validateSearch: (search): RunSearch => ({
      picture: text(search.picture),
      beside: text(search.beside),
      smooth: number(search.smooth),
      log: search.log === true ? true : undefined,
      other: text(search.other),
    }),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/compare",
    component: lazyRouteComponent(() => import("./pages/compare/ComparePage"), "ComparePage"),
    validateSearch: (search): CompareSearch => ({
      runs: text(search.runs),
      curve: text(search.curve),
      all: search.all === true ? true : undefined,
      picture: text(search.picture),
      beside: text(search.beside),
    }),
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
  createRoute({
    getParentRoute: () => root,
    path: "/workbench",
    component: lazyRouteComponent(() => import("./pages/workbench/WorkbenchPage"), "WorkbenchPage"),
    validateSearch: (search): WorkbenchSearch => ({
      drawing: text(search.drawing),
      z: typeof search.z === "number" && search.z > 0 ? Math.floor(search.z) : undefined,
      run: text(search.run),
      checkpoint: text(search.checkpoint),
      model: text(search.model),
    }),
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
