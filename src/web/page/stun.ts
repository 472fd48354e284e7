/** The edge's STUN servers, which the Worker writes into the page; `undefined` in a page that no Worker served. */
export function stunUrls(): string[] | undefined {
  try {
    const list: unknown = JSON.parse(
      document.querySelector<HTMLMetaElement>("meta[name=sightline-stun]")?.content ?? "",
    );
    return Array.isArray(list) ? list.filter((url) => typeof url === "string") : undefined;
  } catch {
    return undefined;
  }
}
