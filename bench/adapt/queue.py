"""How much waits before the bottleneck, asked of the kernel (rtnetlink) in this network namespace.

Arguments: the device. Prints "ready", then five times a second a line of JSON: pairs of the time (milliseconds since the
Unix epoch) and the bytes that waited then, every 20 ms. It takes less than a hundredth of a core.
"""
import json
import os
import socket
import struct
import sys
import time

EVERY_S = 0.02
TOLD_AFTER = 10
# Without an echo the kernel answers to nobody.
RTM_GETQDISC, NLM_F_REQUEST, NLM_F_ECHO, NLMSG_ERROR = 38, 1, 8, 2
TC_H_ROOT = 0xFFFFFFFF
HEADER, TCMSG, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BxxxiIII"), struct.Struct("=HH")
TCA_STATS2, TCA_STATS_QUEUE = 7, 3
NESTED = 0x3FFF
# struct gnet_stats_queue: packets, then bytes that wait.
QUEUE = struct.Struct("=II")


def attributes(data):
    at = 0
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        yield kind & NESTED, data[at + ATTRIBUTE.size : at + length]
        at += max(ATTRIBUTE.size, (length + 3) & ~3)


def waiting(netlink, question):
    """@returns the bytes in the root queue"""
    netlink.send(question)
    answer = netlink.recv(65_536)
    _, kind, _, _, _ = HEADER.unpack_from(answer)
    if kind == NLMSG_ERROR:
        raise OSError("the kernel does not tell of this queue")
    for kind, data in attributes(answer[HEADER.size + TCMSG.size :]):
        if kind != TCA_STATS2:
            continue
        for kind, counts in attributes(data):
            if kind == TCA_STATS_QUEUE:
                return QUEUE.unpack_from(counts)[1]
    raise OSError("no count in the kernel's answer")


def main():
    # Ahead of everybody, as the path is: what is late here would be missed when it matters.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    body = TCMSG.pack(socket.AF_UNSPEC, socket.if_nametoindex(sys.argv[1]), 0, TC_H_ROOT, 0)
    question = HEADER.pack(HEADER.size + len(body), RTM_GETQDISC, NLM_F_REQUEST | NLM_F_ECHO, 1, 0) + body
    waiting(netlink, question)
    print("ready", flush=True)
    samples, due = [], time.monotonic()
    while True:
        samples.append((time.time() * 1000, waiting(netlink, question)))
        if len(samples) == TOLD_AFTER:
            print(json.dumps(samples), flush=True)
            samples = []
        now = time.monotonic()
        due = max(due + EVERY_S, now)
        time.sleep(due - now)


main()
