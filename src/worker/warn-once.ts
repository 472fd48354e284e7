const warned = new Set<string>();

/** Logs what is wrong with the settings, each sentence once for as long as this instance lives. */
export function warnOnce(sentence: string): void {
  if (warned.has(sentence)) return;
  warned.add(sentence);
  console.warn(sentence);
}
