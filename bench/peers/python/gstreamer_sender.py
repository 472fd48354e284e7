"""A WebRTC sender on GStreamer's webrtcbin, with x264enc set up for speed; one pipeline for each viewer, whose camera and
encoder run before its offer comes.
"""
import re
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

from lines import GATHER_MS, arguments, lines, say
from picture import Pattern

CAMERA = """
appsrc name=source is-live=true format=time do-timestamp=true max-buffers=1 leaky-type=downstream
  caps=video/x-raw,format=I420,width={width},height={height},framerate={fps}/1
! x264enc name=encoder tune=zerolatency speed-preset=ultrafast bitrate={kbps} key-int-max=1000000
! video/x-h264,profile=constrained-baseline
! tee name=tee allow-not-linked=true
"""
# The viewer's number for H.264 comes with its offer.
CONNECTION = """
rtph264pay config-interval=-1 aggregate-mode=zero-latency
! application/x-rtp,media=video,encoding-name=H264,payload={payload_type}
! webrtcbin name=webrtc bundle-policy=max-bundle latency=0
"""


def payload_type_of(sdp):
    """The viewer's number for H.264, constrained baseline, packetization mode 1."""
    for number, parameters in re.findall(r"a=fmtp:(\d+) (\S+)", sdp):
        if "packetization-mode=1" in parameters and "profile-level-id=42e0" in parameters:
            return number
    raise ValueError("the offer has no H.264 that suits")


class Camera:
    """Draws and encodes from the beginning, for one viewer, who comes later."""

    def __init__(self, args, pattern):
        self._pattern = pattern
        text = CAMERA.format(width=args.width, height=args.height, fps=args.fps, kbps=args.bitrate // 1000)
        self._pipeline = Gst.parse_launch(text)
        self._source = self._pipeline.get_by_name("source")
        self._pipeline.set_state(Gst.State.PLAYING)
        threading.Thread(target=self._push, daemon=True).start()

    def attach(self, element):
        """Leads the stream there, from its next keyframe on, which is asked for."""
        self._pipeline.add(element)
        element.sync_state_with_parent()
        source = self._pipeline.get_by_name("tee").request_pad_simple("src_%u")
        source.add_probe(Gst.PadProbeType.BUFFER, self._await_keyframe)
        source.link(element.get_static_pad("sink"))
        wish = Gst.Structure.new_from_string("GstForceKeyUnit, all-headers=(boolean)true")
        event = Gst.Event.new_custom(Gst.EventType.CUSTOM_UPSTREAM, wish)
        self._pipeline.get_by_name("encoder").get_static_pad("src").send_event(event)

    def stop(self):
        self._pipeline.set_state(Gst.State.NULL)

    def _await_keyframe(self, _pad, info):
        if info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT):
            return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.REMOVE

    def _push(self):
        due = time.monotonic()
        while True:
            buffer = Gst.Buffer.new_wrapped(self._pattern.draw().tobytes())
            if self._source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            now = time.monotonic()
            due = max(due + 1 / self._pattern.fps, now - 1 / self._pattern.fps)
            time.sleep(max(0, due - now))


class Sender:
    def __init__(self, camera, offer):
        self._viewer = offer["viewer"]
        text = CONNECTION.format(payload_type=payload_type_of(offer["sdp"]))
        connection = Gst.parse_bin_from_description(text, True)
        self._webrtc = connection.get_by_name("webrtc")
        self._told = False
        self._webrtc.connect("notify::ice-gathering-state", self._gathered)
        self._webrtc.connect("notify::connection-state", self._connected)
        camera.attach(connection)
        _, message = GstSdp.SDPMessage.new_from_text(offer["sdp"])
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, message)
        done = Gst.Promise.new_with_change_func(self._offered)
        self._webrtc.emit("set-remote-description", description, done)

    def _offered(self, _promise):
        self._webrtc.emit("create-answer", None, Gst.Promise.new_with_change_func(self._answered))

    def _answered(self, promise):
        # Held in a name: the answer lives inside the reply.
        reply = promise.get_reply()
        done = Gst.Promise.new_with_change_func(lambda _: GLib.timeout_add(GATHER_MS, self._tell))
        self._webrtc.emit("set-local-description", reply.get_value("answer"), done)

    def _gathered(self, webrtc, _):
        if webrtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self._tell)

    def _tell(self):
        """Once, on the main loop: with the candidates that are there."""
        if not self._told:
            self._told = True
            sdp = self._webrtc.get_property("local-description").sdp.as_text()
            say(type="answer", viewer=self._viewer, sdp=sdp)
        return GLib.SOURCE_REMOVE

    def _connected(self, webrtc, _):
        if webrtc.get_property("connection-state") == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            say(type="connected", viewer=self._viewer)


def main():
    args = arguments()
    Gst.init(None)
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    pattern = Pattern(args)
    camera = Camera(args, pattern)
    say(type="ready")
    sender = None
    for line in lines():
        # webrtcbin is slow to notice that a viewer left: it is told, and the bench has one at a time.
        if sender:
            camera.stop()
            camera = Camera(args, pattern)
        sender = Sender(camera, line) if line["type"] == "offer" else None


main()
