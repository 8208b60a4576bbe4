import { Button, Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { Suspense, lazy, useDeferredValue, useMemo, useRef, useState, type MouseEvent } from "react";
import type { Schemas } from "@/api/client";
import { usePictures } from "@/api/datasets";
import { useSpeech } from "@/i18n";
import { PictureGrid } from "@/parts/PictureGrid";
import { PictureTile } from "@/parts/PictureTile";
import { Waiting } from "@/parts/Waiting";
import { useTyping } from "@/parts/typing";
import { BatchBar } from "./BatchBar";
import { range, search } from "./choosing";

const route = getRouteApi("/datasets/$id");
/** The editors of boxes and tags come when the first picture is opened. */
const PictureView = lazy(() => import("./PictureView").then(({ PictureView }) => ({ default: PictureView })));

/** The grid with what can be done to many pictures, and the one picture that is open. */
export function PicturesTab({ dataset }: { dataset: Schemas["DatasetDetail"] }) {
  const { t } = useSpeech();
  const pictures = usePictures(dataset.id);
  const navigate = route.useNavigate();
  const { find = "", picture: open, set } = route.useSearch();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const words = useDeferredValue(find);
  const all = useMemo(() => pictures.data ?? [], [pictures.data]);
  const regular = useMemo(() => all.filter((one) => one.regularization), [all]);
  const listed = regular.length === 0 ? all : set === "reg" ? regular : all.filter((one) => !one.regularization);
  const shown = useMemo(() => search(listed, words), [listed, words]);
  const names = useMemo(() => shown.map((one) => one.name), [shown]);
  const chosen = useMemo(() => all.filter((one) => selected.has(one.name)).map((one) => one.name), [all, selected]);
  const select = (name: string, event: MouseEvent) => {
    const these = event.shiftKey && last.current ? range(names, last.current, name) : [name];
    const next = new Set(selected);
    for (const one of these)
      if (selected.has(name)) next.delete(one);
      else next.add(one);
    last.current = name;
    setSelected(next);
  };
  const show = (name: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, picture: name }), resetScroll: false, replace: open !== undefined });
  const field = useTyping(
    find,
    (text) =>
      void navigate({ search: (old) => ({ ...old, find: text || undefined }), replace: true, resetScroll: false }),
  );
  if (!pictures.data) return <Waiting query={pictures} />;
  return (
    <>
      <BatchBar dataset={dataset} pictures={listed} selected={chosen} />
      <Group my="sm" gap="xs">
        {regular.length > 0 && (
          <SegmentedControl
            size="xs"
            aria-label={t("regularization.which")}
            value={set ?? "learnt"}
            onChange={(value) => {
              setSelected(new Set());
              void navigate({ search: (old) => ({ ...old, set: value === "reg" ? "reg" : undefined }) });
            }}
            data={[
              { value: "learnt", label: t("regularization.learnt", { count: all.length - regular.length }) },
              { value: "reg", label: t("regularization.set", { count: regular.length }) },
            ]}
          />
        )}
        <TextInput
          aria-label={t("dataset.search")}
          placeholder={t("dataset.search")}
          leftSection={<IconSearch size={16} />}
          value={field.value}
          onChange={field.onChange}
          onBlur={field.onBlur}
          style={{ flex: "1 1 220px", maxWidth: 420 }}
        />
        <Button variant="subtle" size="xs" onClick={() => setSelected(new Set(names))}>
          {t("dataset.selectAll")}
        </Button>
        {selected.size > 0 && (
          <Button variant="subtle" size="xs" color="gray" onClick={() => setSelected(new Set())}>
            {t("dataset.selectNone")}
          </Button>
        )}
        <Text size="sm" c="dimmed">
          {selected.size > 0
            ? t("dataset.selected", { count: selected.size })
            : t("common.pictures", { count: shown.length })}
        </Text>
      </Group>
      <PictureGrid items={shown} keyOf={(one) => one.name} tile={170} extra={38}>
        {(picture) => (
          <PictureTile
            picture={picture}
            selected={selected.has(picture.name)}
            onSelect={(event) => select(picture.name, event)}
            onOpen={() => show(picture.name)}
          />
        )}
      </PictureGrid>
      {open !== undefined && (
        <Suspense>
          <PictureView
            dataset={dataset}
            pictures={all}
            listed={names}
            name={open}
            onShow={show}
            onClose={() => show(undefined)}
          />
        </Suspense>
      )}
    </>
  );
}
