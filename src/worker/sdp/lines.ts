/** The session's and its media's; a page has two or three. Each is looked through together with the session's lines, so that many would take long. */
const SECTIONS_MAX = 32;

/**
 * The sections of an SDP or SDP fragment (RFC 8866, RFC 8840): first the session's lines, then those of each media
 * section, which begin with its `m=` line. `undefined` when a line is no SDP line, when there is none,
 * or when there are more sections than {@link SECTIONS_MAX}.
 */
export function sectionsOf(text: string): string[][] | undefined {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== "");
  if (lines.length === 0 || !lines.every((line) => /^[a-z]=/.test(line))) return undefined;
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("m=") && sections.push([]) > SECTIONS_MAX) return undefined;
    sections.at(-1)?.push(line);
  }
  return sections;
}

/** The value of a section's first `a=NAME:VALUE` line. */
export function attribute(section: readonly string[], name: string): string | undefined {
  const prefix = `a=${name}:`;
  return section
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
}
