"""A WebRTC sender on aiortc: stock, or with `--ultrafast` its H.264 encoder set up for speed."""
import asyncio
import fractions
import threading
import time

import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from aiortc.codecs import h264

from lines import arguments, lines, say
from picture import Pattern

CLOCK = 90_000


class Camera:
    """Ticks from the beginning, whether anybody looks or not."""

    def __init__(self, pattern):
        self.pattern = pattern
        self._started = time.monotonic()

    def last_tick(self, now):
        fps = self.pattern.fps
        return self._started + int((now - self._started) * fps) / fps


class PatternTrack(VideoStreamTrack):
    def __init__(self, camera):
        super().__init__()
        self._camera = camera
        self._due = None
        self._started = None

    async def recv(self):
        now = time.monotonic()
        pattern = self._camera.pattern
        if self._due is None:
            self._due = self._camera.last_tick(now)
            self._started = now
        # A late tick is dropped, not made up for.
        self._due = max(self._due + 1 / pattern.fps, now - 1 / pattern.fps)
        await asyncio.sleep(max(0, self._due - now))
        rows = pattern.draw().reshape(pattern.height * 3 // 2, pattern.width)
        frame = av.VideoFrame.from_ndarray(rows, format="yuv420p")
        frame.pts = int((time.monotonic() - self._started) * CLOCK)
        frame.time_base = fractions.Fraction(1, CLOCK)
        return frame


def hasten_encoder(fps, bitrate):
    """x264 as every other peer has it: ultrafast, zero latency, and keyframes when a viewer asks for one."""

    def create(codec_name, width, height, bitrate):
        if codec_name != "libx264":
            raise ValueError("libx264 only")
        codec = av.CodecContext.create(codec_name, "w")
        codec.width, codec.height = width, height
        codec.bit_rate = bitrate
        codec.pix_fmt = "yuv420p"
        codec.framerate = fractions.Fraction(fps, 1)
        codec.time_base = fractions.Fraction(1, fps)
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "forced-idr": "1"}
        codec.open()
        return codec, False

    encode_frame = h264.H264Encoder._encode_frame

    def encode(self, frame, force_keyframe):
        if force_keyframe:
            # A new encoder begins with a keyframe.
            self.codec = None
        return encode_frame(self, frame, force_keyframe)

    h264.DEFAULT_BITRATE = bitrate
    h264.create_encoder_context = create
    h264.H264Encoder._encode_frame = encode


async def answer(offer, camera):
    # No STUN server of its own choice, which it would ask before it answers: nobody else has one here.
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    CONNECTIONS.append(pc)

    @pc.on("connectionstatechange")
    async def changed():
        if pc.connectionState == "connected":
            say(type="connected", viewer=offer["viewer"])

    pc.addTrack(PatternTrack(camera))
    await pc.setRemoteDescription(RTCSessionDescription(sdp=offer["sdp"], type="offer"))
    await pc.setLocalDescription(await pc.createAnswer())
    say(type="answer", viewer=offer["viewer"], sdp=pc.localDescription.sdp)


CONNECTIONS = []


def main():
    args = arguments("--ultrafast")
    if args.ultrafast:
        hasten_encoder(args.fps, args.bitrate)
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    camera = Camera(Pattern(args))
    say(type="ready")
    for line in lines():
        if line["type"] == "offer":
            asyncio.run_coroutine_threadsafe(answer(line, camera), loop).result()


main()
