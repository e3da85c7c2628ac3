"""The same look through psutil: who listens in the range, what process is it, what does it say of itself."""

import json
import sys
import urllib.request

import psutil

start, end = int(sys.argv[1]), int(sys.argv[2])
found = []
for connection in psutil.net_connections(kind="tcp"):
    if connection.status != psutil.CONN_LISTEN or not start <= connection.laddr.port < end:
        continue
    process = psutil.Process(connection.pid)
    with process.oneshot():
        entry = {
            "port": connection.laddr.port,
            "pid": connection.pid,
            "cmdline": process.cmdline(),
            "create_time": process.create_time(),
            "uids": process.uids(),
            "exe": process.exe(),
        }
    try:
        url = f"http://127.0.0.1:{connection.laddr.port}/api/health"
        with urllib.request.urlopen(url, timeout=1) as reply:
            entry["health"] = json.load(reply)
    except (OSError, ValueError):
        entry["health"] = None
    found.append(entry)
print(json.dumps(found))
