import {
  ActionIcon,
  AppShell,
  Button,
  Container,
  Group,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconBox,
  IconBrush,
  IconFlame,
  IconHome,
  IconLanguage,
  IconListCheck,
  IconMoon,
  IconSettings,
  IconSun,
} from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useSpeech, type Key } from "@/i18n";
import classes from "./Shell.module.css";
import { News } from "./News";
import { Silence } from "./Silence";

const PLACES = [
  { to: "/", label: "nav.home", Icon: IconHome },
  { to: "/train", label: "nav.train", Icon: IconFlame },
  { to: "/workbench", label: "nav.workbench", Icon: IconBrush },
  { to: "/models", label: "nav.models", Icon: IconBox },
  { to: "/queue", label: "nav.queue", Icon: IconListCheck },
] as const satisfies { to: string; label: Key; Icon: typeof IconHome }[];

/** What stands around every page: places above (below on a phone), language and light or dark. */
export function Shell() {
  const { t } = useSpeech();
  return (
    <AppShell header={{ height: 56 }} footer={{ height: { base: 60, sm: 0 } }} padding={0}>
      <a className={classes.skip} href="#main">
        {t("nav.skip")}
      </a>
      <AppShell.Header>
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="xl" wrap="nowrap">
              <Link to="/" className={classes.brand}>
                <img src="/favicon.svg" alt="" width={28} height={28} />
                <Text fw={700} size="lg">
                  {t("nav.name")}
                </Text>
              </Link>
              <Group component="nav" aria-label={t("nav.places")} gap={4} visibleFrom="sm" wrap="nowrap">
                <Places className={classes.tab} />
              </Group>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <LanguageSwitch />
              <SchemeSwitch />
              <SettingsLink />
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <AppShell.Main id="main">
        <Container size="xl" py="lg">
          <Silence />
          <News />
          <Outlet />
        </Container>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm">
        <Group component="nav" aria-label={t("nav.places")} h="100%" grow gap={0}>
          <Places className={classes.bottom} />
        </Group>
      </AppShell.Footer>
    </AppShell>
  );
}

function Places({ className }: { className: string | undefined }) {
  const { t } = useSpeech();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return PLACES.map(({ to, label, Icon }) => (
    <UnstyledButton
      key={to}
      className={className}
      data-active={(to === "/" ? path === "/" : path.startsWith(to)) || undefined}
      renderRoot={(props) => <Link to={to} {...props} />}
    >
      <Icon size={18} stroke={1.8} />
      {t(label)}
    </UnstyledButton>
  ));
}

function LanguageSwitch() {
  const { language, setLanguage } = useSpeech();
  const other = language === "zh" ? "en" : "zh";
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-md"
      leftSection={<IconLanguage size={18} />}
      lang={other}
      onClick={() => setLanguage(other)}
    >
      {other === "zh" ? "中文" : "English"}
    </Button>
  );
}

function SettingsLink() {
  const { t } = useSpeech();
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={t("nav.settings")}
      renderRoot={(props) => <Link to="/settings" {...props} />}
    >
      <IconSettings size={18} />
    </ActionIcon>
  );
}

function SchemeSwitch() {
  const { t } = useSpeech();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={t(dark ? "nav.light" : "nav.dark")}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
    </ActionIcon>
  );
}
