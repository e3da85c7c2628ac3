"""Runs a command for which the kernel refuses every file lock: refuse-locks.py ERRNO COMMAND ARGUMENT...

A seccomp filter answers fcntl(F_OFD_SETLK) and fcntl(F_OFD_SETLKW) with the errno, as a file system without locks does.
The command's children inherit it. Linux on x86_64 and aarch64.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

F_OFD_SETLK, F_OFD_SETLKW = 37, 38
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06
# Where the filter finds what: struct seccomp_data in linux/seccomp.h. The low half of the second argument.
NUMBER_AT, ARCHITECTURE_AT, COMMAND_AT = 0, 4, 24
# AUDIT_ARCH_*, and the number of fcntl there.
MACHINES = {"x86_64": (0xC000003E, 72), "aarch64": (0xC00000B7, 25)}


def refusing(architecture, fcntl, refusal):
    return [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (IF_EQUAL, 0, 5, architecture),
        (LOAD, 0, 0, NUMBER_AT),
        (IF_EQUAL, 0, 3, fcntl),
        (LOAD, 0, 0, COMMAND_AT),
        (IF_EQUAL, 2, 0, F_OFD_SETLK),
        (IF_EQUAL, 1, 0, F_OFD_SETLKW),
        (RETURN, 0, 0, RET_ALLOW),
        (RETURN, 0, 0, RET_ERRNO | refusal),
    ]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def install(steps):
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = Program(len(steps), code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in [(PR_SET_NO_NEW_PRIVS, 1, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))]:
        if prctl(arguments[0], arguments[1], arguments[2], 0, 0) != 0:
            sys.exit("no seccomp filter here: " + os.strerror(ctypes.get_errno()))


if platform.machine() not in MACHINES or sys.platform != "linux":
    sys.exit("no seccomp filter for " + platform.machine())
install(refusing(*MACHINES[platform.machine()], getattr(errno, sys.argv[1])))
os.execvp(sys.argv[2], sys.argv[2:])
