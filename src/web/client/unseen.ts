/** Of every request to the edge: nothing is kept of it, and it says nothing of the page but what it carries. */
export const UNSEEN = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" } as const;
