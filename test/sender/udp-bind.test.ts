import { Socket } from "node:dgram";
import { expect, it, vi } from "vitest";
import { UdpTransport } from "werift";

const NOBODYS = { interfaceAddresses: { udp4: "203.0.113.77" } };

// Fails when werift has mended it: udp-bind.ts may go then. Nothing here may mend it before.
it("werift still hears no error of a socket that cannot be bound, which ends the process", async () => {
  const { emit } = Socket.prototype;
  const unheard = Promise.withResolvers<unknown>();
  const spied = vi.spyOn(Socket.prototype, "emit").mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [name, error] = args;
    if (name !== "error" || this.listenerCount("error") > 0) return Reflect.apply(emit, this, args) as boolean;
    unheard.resolve(error);
    this.close();
    return false;
  });
  void UdpTransport.init("udp4", NOBODYS);
  expect(await unheard.promise).toMatchObject({ code: "EADDRNOTAVAIL" });
  spied.mockRestore();
});
