/** What one address may do in a minute; a test holds these equal to wrangler.toml's. */
export const RATE_LIMITS = {
  CREATE_LIMIT: 120,
  JOIN_LIMIT: 300,
  BAD_TOKEN_LIMIT: 30,
} as const;

export type RateLimits = Partial<Record<keyof typeof RATE_LIMITS, number>>;
