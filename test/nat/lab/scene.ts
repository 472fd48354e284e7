import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sightline } from "../../support/processes.ts";
import { SMALL_PICTURE } from "../../support/small-picture.ts";
import type { Lab } from "./topology.ts";

const PUBLISH_KEY = "a-publish-key-of-the-laboratory";
const EDGE_PORT = 8787;

/** An edge on the internet and a camera in the robot's home, as their owner runs them. */
export class Scene implements AsyncDisposable {
  readonly edge: Sightline;
  readonly sender: Sightline;
  readonly #dir: string;

  private constructor(edge: Sightline, sender: Sightline, dir: string) {
    this.edge = edge;
    this.sender = sender;
    this.#dir = dir;
  }

  /**
   * @param settings the edge's, such as `TURN_URLS`
   * @param authority who signed the TURN server's certificate, in a PEM file
   */
  static async open(lab: Lab, settings: Record<string, string>, authority: string, flags: string[] = []) {
    const dir = mkdtempSync(join(tmpdir(), "sightline-scene-"));
    const edge = new Sightline(
      ["serve", "--host", "::", "--port", String(EDGE_PORT), "--state", join(dir, "edge")],
      { PUBLISH_KEY, ...settings },
      lab.internet.via,
    );
    await edge.edge();
    const sender = new Sightline(
      ["send", "--edge", `http://edge.lab:${EDGE_PORT}`, "--state", join(dir, "sender"), ...SMALL_PICTURE, ...flags],
      { SIGHTLINE_PUBLISH_KEY: PUBLISH_KEY, NODE_EXTRA_CA_CERTS: authority },
      lab.hosts.robot.via,
    );
    return new Scene(edge, sender, dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sender[Symbol.asyncDispose]();
    await this.edge[Symbol.asyncDispose]();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
