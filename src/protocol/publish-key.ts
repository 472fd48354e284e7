/** As long as any that an edge reads out of a header. */
export const PUBLISH_KEY_MAX_CHARS = 512;

/**
 * Why nobody could show this publish key, which travels as `Authorization: Bearer KEY`: words that go on after its name,
 * and repeat nothing of it. `undefined` for one that can be shown.
 * @param key without the blanks around it
 */
export function publishKeyFault(key: string): string | undefined {
  if (/[^\x21-\x7e]/.test(key)) {
    return "holds a character that no header carries: take letters without accents, digits and signs, without a space";
  }
  return key.length > PUBLISH_KEY_MAX_CHARS ? `is longer than ${PUBLISH_KEY_MAX_CHARS} characters` : undefined;
}
