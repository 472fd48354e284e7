"""delay.py DEVICE MS: a TUN device that gives every packet back after MS milliseconds (this kernel may have no netem)."""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000

device, delay_s = sys.argv[1], float(sys.argv[2]) / 1000
tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
print("ready", flush=True)
waiting = collections.deque()
while True:
    timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    if select.select([tun], [], [], timeout)[0]:
        try:
            while True:
                waiting.append((time.monotonic() + delay_s, os.read(tun, 65536)))
        except BlockingIOError:
            pass
    while waiting and waiting[0][0] <= time.monotonic():
        os.write(tun, waiting.popleft()[1])
