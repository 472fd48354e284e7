import { type NativeLibrary, nativeLibrary } from "./library.ts";

/**
 * Made when it is first asked for, and then this thread's; nothing where there is no native library, where it cannot be
 * made, or where it is found wrong.
 * @param isRight whether it does as the standards say
 */
export function onePerThread<T>(
  make: (library: NativeLibrary) => T,
  isRight: (made: T) => boolean = () => true,
): () => T | undefined {
  const open = (library: NativeLibrary | undefined) => {
    if (!library) return undefined;
    try {
      const made = make(library);
      return isRight(made) ? made : undefined;
    } catch {
      return undefined;
    }
  };
  let own: { made: T | undefined } | undefined;
  return () => {
    own ??= { made: open(nativeLibrary()) };
    return own.made;
  };
}
