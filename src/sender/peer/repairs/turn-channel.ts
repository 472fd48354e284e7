import type { TurnProtocol } from "werift";

type Address = readonly [host: string, port: number];

interface Channel {
  /** When werift binds it again, in seconds of the clock that people set. */
  refreshAt: number;
}

interface Internals {
  getChannel?(peer: Address): Promise<Channel>;
}

interface Binding {
  channel: Channel;
  renewAtMs: number;
  endsAtMs: number;
}

/** A ChannelBind renews the permission too, which lives 300 s (RFC 8656 section 9). */
const RENEW_AFTER_MS = 240_000;
/** After a renewal that failed; the network may be away for a while. */
const RETRY_MS = 5_000;
/** RFC 8656 section 12: so long the server knows the channel. */
const LIFE_MS = 600_000;

/**
 * werift 0.25.2 binds a channel again when a packet finds it 500 s old by the clock that people set, and has that packet and
 * all after it wait for the answer: a still picture for a round trip, or for as long as answers are lost. A clock that was
 * set back has it bind too late. With this the channel goes on being used while it is bound again, in time. Call before
 * anything is sent.
 */
export function renewChannelsAhead(turn: TurnProtocol): void {
  const inner = turn as unknown as Internals;
  const getChannel = inner.getChannel?.bind(turn);
  if (!getChannel) throw new Error("this werift binds channels elsewhere: see renewChannelsAhead");
  const bindings = new Map<string, Binding>();
  const bind = async (peer: Address, name: string) => {
    const beganAtMs = performance.now();
    const before = bindings.get(name);
    if (before) before.channel.refreshAt = 0;
    const channel = await getChannel(peer);
    bindings.set(name, { channel, renewAtMs: beganAtMs + RENEW_AFTER_MS, endsAtMs: beganAtMs + LIFE_MS });
    return channel;
  };
  inner.getChannel = async (peer) => {
    const name = peer.join();
    const nowMs = performance.now();
    const binding = bindings.get(name);
    if (!binding || nowMs >= binding.endsAtMs) return bind(peer, name);
    if (nowMs >= binding.renewAtMs) {
      binding.renewAtMs = Number.POSITIVE_INFINITY;
      bind(peer, name).catch(() => {
        binding.renewAtMs = performance.now() + RETRY_MS;
      });
    }
    return binding.channel;
  };
}
