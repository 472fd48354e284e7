/** A 5x7 dot-matrix font of what the test pattern writes: one string a glyph, rows top to bottom. */
const GLYPHS: Record<string, string> = {
  "0": ".###. #...# #..## #.#.# ##..# #...# .###.",
  "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
  "2": ".###. #...# ....# ...#. ..#.. .#... #####",
  "3": "##### ...#. ..#.. ...#. ....# #...# .###.",
  "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
  "5": "##### #.... ####. ....# ....# #...# .###.",
  "6": "..##. .#... #.... ####. #...# #...# .###.",
  "7": "##### ....# ...#. ..#.. .#... .#... .#...",
  "8": ".###. #...# #...# .###. #...# #...# .###.",
  "9": ".###. #...# #...# .#### ....# ...#. .##..",
  ":": "..... ..#.. ..#.. ..... ..#.. ..#.. .....",
  ".": "..... ..... ..... ..... ..... .##.. .##..",
  "#": ".#.#. .#.#. ##### .#.#. ##### .#.#. .#.#.",
};

export const GLYPH_HEIGHT = 7;
/** From the left of one glyph to the left of the next. */
export const GLYPH_ADVANCE = 6;

const DOTS = new Map(
  Object.entries(GLYPHS).map(([char, rows]) => [
    char,
    rows.split(" ").map((row) => [...row].map((dot) => dot === "#")),
  ]),
);

/** Calls `dot(column, row)` for each lit dot of `text`; characters without a glyph are blank. */
export function forEachDot(text: string, dot: (column: number, row: number) => void): void {
  [...text].forEach((char, index) => {
    DOTS.get(char)?.forEach((row, y) => {
      row.forEach((lit, x) => {
        if (lit) dot(index * GLYPH_ADVANCE + x, y);
      });
    });
  });
}
