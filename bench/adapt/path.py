"""A path with a length between two TUN devices: delay, jitter and loss, which this kernel may have no queue for.

Arguments: names of the near and far device, then JSON: delayMs, jitterMs, loss, burst, seed. What comes in at the far
device leaves at the near one with jitter and loss; the way back has the delay alone. Prints "ready", then ten times a
second a line of JSON: the time (milliseconds since the Unix epoch) and the bytes that came in at the far device since.
"""
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
TOLD_EVERY_S = 0.1


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Path:
    def __init__(self, settings):
        self._delay = settings["delayMs"] / 1000
        self._jitter = settings.get("jitterMs", 0) / 1000
        self._loss = settings.get("loss", 0)
        self._burst = settings.get("burst")
        self._random = random.Random(settings["seed"])
        self._started = time.monotonic()
        self._last_due = 0.0

    def due(self, now, faulty):
        """When a packet leaves again, or nothing when it is lost."""
        if not faulty:
            return now + self._delay
        if self._random.random() < self._loss or self._in_burst(now):
            return None
        # Never ahead of the packet before: a path of this length keeps the order.
        self._last_due = max(self._last_due, now + self._delay + self._random.random() * self._jitter)
        return self._last_due

    def _in_burst(self, now):
        if not self._burst:
            return False
        since_ms = (now - self._started) * 1000 % self._burst["everyMs"]
        return since_ms >= self._burst["everyMs"] - self._burst["lastingMs"]


def carry(near, far, path):
    waiting, order, came, told = [], 0, 0, time.monotonic()
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                pass
        if now - told >= TOLD_EVERY_S:
            print(json.dumps({"atMs": time.time() * 1000, "bytes": came}), flush=True)
            came, told = 0, now
        until = min(waiting[0][0] if waiting else now + 1, told + TOLD_EVERY_S)
        for device in select.select([near, far], [], [], max(0, until - now))[0]:
            packet = os.read(device, 65_536)
            if device == far:
                came += len(packet)
            due = path.due(time.monotonic(), faulty=device == far)
            if due is not None:
                order += 1
                heapq.heappush(waiting, (due, order, near if device == far else far, packet))


def main():
    # Ahead of everybody: a network does not wait for the senders' CPU.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    near, far = open_tun(sys.argv[1]), open_tun(sys.argv[2])
    print("ready", flush=True)
    carry(near, far, Path(json.loads(sys.argv[3])))


main()
