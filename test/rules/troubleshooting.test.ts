import { expect, it } from "vitest";
import { readPage, sectionOf, tablesOf } from "./support/markdown.ts";
import { readSources } from "./support/source.ts";

// Who searches the page for the sentence that stands before them must find it.

const page = readPage("docs/troubleshooting.md");
const said = readSources().map(({ text }) => text.replaceAll('\\"', '"'));
const [rows = []] = tablesOf(sectionOf(page, "When it does not work"));
const quoted = rows.flatMap(([, cell = ""]) =>
  Array.from(cell.matchAll(/"([^"]+)"/g), ([, sentence = ""]) => sentence),
);

it("the page quotes sentences", () => {
  expect(quoted.length).toBeGreaterThan(10);
});

it.each(quoted)("somebody says: %s", (sentence) => {
  // What differs, and where two sentences may be put together.
  const pieces = sentence.split(/…|(?<=[.?!]) /).filter((piece) => piece.trim());
  expect(pieces.filter((piece) => !said.some((text) => text.includes(piece.trim())))).toEqual([]);
});
