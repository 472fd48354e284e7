/** The process of a `Crowd`; its argument is the link. */
import { parseLink } from "../../src/protocol/link.ts";
import { CrowdViewer } from "./crowd-viewer.ts";
import { Random } from "./random.ts";

export type ToCrowd =
  | { type: "enter"; count: number }
  | { type: "come-and-go"; count: number; vanishing: number; seed: number }
  | { type: "packets" }
  | { type: "leave" };

export interface FromCrowd {
  failure?: string;
  /** Of each that stays, since this was last asked. */
  packets?: number[];
}

/** Every join costs both ends a handshake; more at a time would only wait for one another. */
const AT_ONCE = 4;

const link = parseLink(process.argv[2] ?? "");
const stayed: CrowdViewer[] = [];

process.on("disconnect", () => process.exit());
process.on("message", (message: ToCrowd) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ failure: error.message } satisfies FromCrowd),
  );
});

async function obey(message: ToCrowd): Promise<FromCrowd> {
  switch (message.type) {
    case "enter":
      await each(message.count, AT_ONCE, async () => {
        stayed.push(await arrive());
      });
      return {};
    case "come-and-go": {
      const random = new Random(message.seed);
      await each(message.count, AT_ONCE, async () => {
        const viewer = await arrive();
        await (random.next() < message.vanishing ? viewer.vanish() : viewer.leave());
      });
      return {};
    }
    case "packets":
      return {
        packets: stayed.map((viewer) => {
          const { packets } = viewer;
          viewer.packets = 0;
          return packets;
        }),
      };
    case "leave":
      await Promise.all(stayed.splice(0).map((viewer) => viewer.leave()));
      return {};
  }
}

async function arrive(): Promise<CrowdViewer> {
  const viewer = new CrowdViewer(link);
  await viewer.watch();
  return viewer;
}

/** Does it so often, as many at a time as that. */
async function each(count: number, atOnce: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
