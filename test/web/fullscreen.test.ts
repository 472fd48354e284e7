import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leaveVideoFullscreen, setUpFullscreen } from "../../src/web/page/fullscreen.ts";

/** An iPhone's: only its video element can be fullscreen. */
const video = Object.assign(new EventTarget(), {
  webkitDisplayingFullscreen: false,
  webkitEnterFullscreen: vi.fn(() => {
    video.webkitDisplayingFullscreen = true;
  }),
  webkitExitFullscreen: vi.fn(() => {
    video.webkitDisplayingFullscreen = false;
  }),
});
const element = video as unknown as HTMLVideoElement;
let button: EventTarget & { hidden: boolean };

beforeEach(() => {
  button = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal("document", Object.assign(new EventTarget(), { fullscreenEnabled: false, fullscreenElement: null }));
  setUpFullscreen(button as unknown as HTMLButtonElement, element);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

test("a video that fills the screen alone leaves it when words are to be read", () => {
  leaveVideoFullscreen(element);
  expect(video.webkitExitFullscreen).not.toHaveBeenCalled();
  button.dispatchEvent(new Event("click"));
  expect([video.webkitDisplayingFullscreen, button.hidden]).toEqual([true, false]);
  leaveVideoFullscreen(element);
  expect(video.webkitDisplayingFullscreen).toBe(false);
});

test("where there is no picture yet the button does nothing", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  video.webkitEnterFullscreen.mockImplementation(() => {
    throw new DOMException("no metadata", "InvalidStateError");
  });
  button.dispatchEvent(new Event("click"));
  expect(warn).toHaveBeenCalledOnce();
});

test("f does what the button does, and with Ctrl it is the browser's", () => {
  vi.stubGlobal("HTMLElement", class {});
  const press = (more: object) => document.dispatchEvent(Object.assign(new Event("keydown"), { key: "f", ...more }));
  press({ ctrlKey: true });
  expect(video.webkitEnterFullscreen).not.toHaveBeenCalled();
  press({});
  expect(video.webkitEnterFullscreen).toHaveBeenCalledOnce();
});
