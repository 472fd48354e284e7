import { expect, it } from "vitest";
import { reachable } from "../../src/sender/edge/port.ts";

it.each([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "[::1]"],
  ["::1", "[::1]"],
  ["192.0.2.7", "192.0.2.7"],
])("what listens on %s is reached at %s", (host, address) => expect(reachable(host)).toBe(address));
