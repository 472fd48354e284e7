"""A GStreamer pipeline as a camera, served by RTSP: 06-pipeline-by-rtsp.py [PORT [PIPELINE]], where 0 takes a free port.

Try it: `/usr/bin/python3 examples/06-pipeline-by-rtsp.py` in one terminal, and in another
`npm start -- --camera rtsp://127.0.0.1:8554/camera`.

PIPELINE ends in H.264. It runs once, for whoever asks, and rests when nobody does: Sightline comes at its start, to see what
the camera is, and again when somebody watches. Needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0 and the
gstreamer1.0-plugins of its elements: good for v4l2src, ugly for x264enc.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PORT = sys.argv[1] if len(sys.argv) > 1 else "8554"
# Without B-frames, and with a keyframe a second: whoever joins waits for the next one. The bitrate is in kbit/s, and high, since
# Sightline encodes anew what it gets.
PIPELINE = sys.argv[2] if len(sys.argv) > 2 else (
    "v4l2src device=/dev/video0 ! videoconvert ! video/x-raw,format=I420"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=8000"
)

Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(PORT)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(f"( {PIPELINE} ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
factory.set_shared(True)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
print(f"rtsp://127.0.0.1:{server.get_bound_port()}/camera", flush=True)
GLib.MainLoop().run()
