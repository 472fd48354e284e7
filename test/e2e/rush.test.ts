import { rush } from "../support/rush.ts";
import { it } from "./browser-test.ts";

// Two hundred, and for longer: npm run soak.
it("viewers who come and go at a rush cost a page no picture, and leave nothing behind", async ({
  browser,
  stateDir,
}) => {
  await rush(browser, stateDir, { count: 20 });
});
