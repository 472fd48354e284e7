import { expect, it } from "vitest";
import { CameraStats, DeliveryStats, EncoderStats, PlaybackStats, RungStats } from "../../src/protocol/stats.ts";
import { CAMERA_METRICS, LIMITED_BY, RUNG_METRICS, VIEWER_METRICS, VIEWERS } from "../../src/sender/stats/metrics.ts";
import { codeIn, readPage, sectionOf, tablesOf } from "./support/markdown.ts";

const page = readPage("docs/command.md");
const [camera, rung, viewer] = tablesOf(sectionOf(page, "Stats"));

/** A row may name several fields. */
const namesOf = (rows: string[][] = []) => rows.flatMap(([names = ""]) => names.split(", ").map(codeIn));

it.each([
  ["cameras", camera, CameraStats],
  ["rungs", rung, EncoderStats],
  ["viewers", viewer, DeliveryStats],
] as const)("the stats event's %s have every field", (_name, rows, { entries }) => {
  expect(namesOf(rows)).toEqual(Object.keys(entries));
});

it("a viewer's rung has the fields that are said, and its limits have their names", () => {
  const cellOf = (name: string) => viewer?.find(([field]) => codeIn(field) === name)?.[1] ?? "";
  const inCode = (cell: string) => Array.from(cell.matchAll(/`(\w+)`/g), ([, name]) => name);
  expect(inCode(cellOf("rung"))).toEqual(Object.keys(RungStats.entries));
  expect(inCode(cellOf("limitedBy"))).toEqual(DeliveryStats.entries.limitedBy.options);
});

it("the page that embeds a viewer is told every field of its stats", () => {
  const [fields] = tablesOf(sectionOf(readPage("docs/embed.md"), "Stats"));
  expect(namesOf(fields).sort()).toEqual([...Object.keys(PlaybackStats.entries), "timings"].sort());
});

it("every metric is there with its labels", () => {
  const rows = tablesOf(sectionOf(page, "Metrics"))[0] ?? [];
  const labelled = (labels: string, metrics: { name: string }[]) => metrics.map(({ name }) => `${name}: ${labels}`);
  expect(rows.map(([name, labels = ""]) => `${codeIn(name)}: ${labels.replaceAll("`", "")}`)).toEqual([
    ...labelled("", [VIEWERS]),
    ...labelled("camera", CAMERA_METRICS),
    ...labelled("camera, rung", RUNG_METRICS),
    ...labelled("viewer", VIEWER_METRICS),
    ...labelled("viewer, by", [LIMITED_BY]),
  ]);
});
