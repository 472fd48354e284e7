/** The session whose page stands at this path. Apart from the schema, which is too big for the script inside the page. */
export function sessionIdIn(pathname: string): string | undefined {
  return /^\/s\/([A-Za-z0-9_-]{3,64})\/?$/.exec(pathname)?.[1];
}
