"""The same bare relay as ws-relay.ts, with Debian's python3-websockets."""
import asyncio

import websockets

sessions = {}


async def serve(socket, *_):
    # Since 14 the path is the request's.
    path = socket.path if hasattr(socket, "path") else socket.request.path
    _, session, role = path.split("/")
    ends = sessions.setdefault(session, {})
    ends[role] = socket
    other = "viewer" if role == "sender" else "sender"
    try:
        async for message in socket:
            if other in ends:
                await ends[other].send(message)
    except websockets.exceptions.ConnectionClosed:
        pass


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, compression=None, max_queue=1024) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
