import { BatchSend } from "../../src/sender/peer/native/batch-send.ts";

/** Every packet leaves by Node's own sending, where a test can get at it; for as long as it is held. */
export function sendSingly(): Disposable {
  const { send } = BatchSend.prototype;
  BatchSend.prototype.send = () => ({ taken: 0, refused: false });
  return {
    [Symbol.dispose]: () => {
      BatchSend.prototype.send = send;
    },
  };
}
