"""A program's own pictures as a camera: raw YUV4MPEG2 over HTTP, with nothing but Python's standard library.

Try it: `python3 examples/05-pictures-of-a-program.py` in one terminal, and in another
`npm start -- --camera http://127.0.0.1:9000/`. Another port: give its number; 0 takes a free one.
"""
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WIDTH, HEIGHT, FPS = 640, 480, 30


def picture(number):
    """All rows of Y, then those of U and V at half the width and half the height: one byte for each value (I420).

    From OpenCV's BGR: cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()
    From a frame of PyAV or aiortc: frame.to_ndarray(format="yuv420p").tobytes()
    """
    row = bytes(16 + (column + 4 * number) % 220 for column in range(WIDTH))
    return row * HEIGHT + bytes([128]) * (WIDTH * HEIGHT // 2)


class Camera(BaseHTTPRequestHandler):
    # Sightline comes once at its start, to see what the camera is, and again when somebody watches.
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        try:
            # Gray pictures: Cmono, and the rows of Y alone. A picture f of 10, 12 or 16 bits, or of floats, comes out nearly
            # black unless it is scaled first: ((f - f.min()) * (255 / (np.ptp(f) or 1))).astype(np.uint8).tobytes(). With two
            # fixed bounds in place of each picture's own it does not flicker.
            self.wfile.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 C420jpeg\n".encode())
            number = 0
            while True:
                self.wfile.write(b"FRAME\n" + picture(number))
                number += 1
                # After 8 s without a picture the camera counts as broken off: one that exposes for longer repeats its last.
                time.sleep(1 / FPS)
        except ConnectionError:
            pass  # nobody watches any more

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Camera)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
