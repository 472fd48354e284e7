const FIRST_CAPACITY = 256;
/** Sequence number, timestamp, marker, when it was sent. */
const FIELDS = 4;

/** A packet as it left for the first time. The payload is shared by all viewers. */
export interface FirstPacket {
  sequenceNumber: number;
  timestamp: number;
  marker: boolean;
  payload: Buffer;
  sentAtMs: number;
}

/**
 * Packets by position, the newest ones. No object is kept for a packet: with many viewers they would be nearly all that
 * lives long enough to be moved by the garbage collector, and dies soon after.
 */
export class PacketRing {
  readonly #maxPackets: number;
  #fields = new Float64Array(FIRST_CAPACITY * FIELDS);
  #payloads: (Buffer | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  #next = 0;
  #oldest = 0;

  /** @param maxPackets a power of two */
  constructor(maxPackets: number) {
    this.#maxPackets = maxPackets;
  }

  /** The position that the next packet will have. */
  get next(): number {
    return this.#next;
  }

  /** The position of the oldest; {@link next} when there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Whether the next packet has no room before the oldest is dropped. */
  get full(): boolean {
    return this.#next - this.#oldest === this.#maxPackets;
  }

  push({ sequenceNumber, timestamp, marker, payload, sentAtMs }: FirstPacket): void {
    if (this.#next - this.#oldest === this.#payloads.length) this.#grow();
    const slot = this.#next++ % this.#payloads.length;
    const fields = this.#fields;
    fields[slot * FIELDS] = sequenceNumber;
    fields[slot * FIELDS + 1] = timestamp;
    fields[slot * FIELDS + 2] = marker ? 1 : 0;
    fields[slot * FIELDS + 3] = sentAtMs;
    this.#payloads[slot] = payload;
  }

  /** There must be one. @returns how long its payload was */
  dropOldest(): number {
    const slot = this.#oldest++ % this.#payloads.length;
    const { length } = this.#payloads[slot] as Buffer;
    this.#payloads[slot] = undefined;
    return length;
  }

  /** The position must be one of a packet that is here. */
  sequenceNumberAt(position: number): number {
    return this.#field(position, 0);
  }

  /** Likewise. */
  sentAtMsAt(position: number): number {
    return this.#field(position, 3);
  }

  at(position: number): FirstPacket | undefined {
    if (position < this.#oldest || position >= this.#next) return undefined;
    const payload = this.#payloads[position % this.#payloads.length] as Buffer;
    return {
      sequenceNumber: this.#field(position, 0),
      timestamp: this.#field(position, 1),
      marker: this.#field(position, 2) === 1,
      payload,
      sentAtMs: this.#field(position, 3),
    };
  }

  #field(position: number, field: number): number {
    return this.#fields[(position % this.#payloads.length) * FIELDS + field] as number;
  }

  #grow(): void {
    const [fields, payloads] = [this.#fields, this.#payloads];
    const capacity = payloads.length * 2;
    this.#fields = new Float64Array(capacity * FIELDS);
    this.#payloads = new Array(capacity).fill(undefined);
    for (let position = this.#oldest; position < this.#next; position++) {
      const [from, to] = [position % payloads.length, position % capacity];
      this.#fields.set(fields.subarray(from * FIELDS, (from + 1) * FIELDS), to * FIELDS);
      this.#payloads[to] = payloads[from];
    }
  }
}
