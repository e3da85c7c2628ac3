"""Runs a command beside a mount that hangs: hang-mount.py DIRECTORY COMMAND ARGUMENT...

Mounts a FUSE file system on the directory and answers nothing but the kernel's first request. Whatever names a path on it
then waits, as on a network mount whose server is gone, and not even SIGKILL ends it. Prints `ended CODE` when the command
has ended, and goes on until it is killed: then the kernel gives up the mount, and what waited fails. Linux, as root, in a
mount namespace of its own.
"""

import ctypes
import os
import struct
import subprocess
import sys
import threading

INIT = 26
# struct fuse_init_out up to max_write, of protocol 7.22: the shortest that the kernel accepts.
ANSWER = struct.pack("=IIIIHHI", 7, 22, 0, 0, 0, 0, 4096)


def serve(device):
    while True:
        request = os.read(device, 1 << 20)
        _, operation, unique = struct.unpack_from("=IIQ", request)
        if operation == INIT:
            os.write(device, struct.pack("=IiQ", 16 + len(ANSWER), 0, unique) + ANSWER)


directory, *command = sys.argv[1:]
try:
    device = os.open("/dev/fuse", os.O_RDWR)
except OSError as error:
    sys.exit(f"/dev/fuse: {error}")
options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"hang", directory.encode(), b"fuse", 0, options) != 0:
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
threading.Thread(target=serve, args=(device,), daemon=True).start()
print(f"ended {subprocess.call(command)}", flush=True)
threading.Event().wait()
