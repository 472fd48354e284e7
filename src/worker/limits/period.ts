/** Every limit by address counts within this time; it is also what a refused client is told to wait. */
export const RATE_PERIOD_S = 60;
