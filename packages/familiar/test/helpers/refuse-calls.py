"""Runs a command to which the kernel refuses system calls: refuse-calls.py CALL=ERRNO[,CALL=ERRNO...] COMMAND ARGUMENT...

A seccomp filter answers each CALL with its errno, as a sandbox or a machine that has run out of something does. `fork`
means a new process, not a thread; `lock` a file lock of the kind that daemons take, as on a file system without locks. The
command's children inherit it. Linux on x86_64 and aarch64.
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
LOAD, IF_EQUAL, IF_BITS, RETURN = 0x20, 0x15, 0x45, 0x06
# Where the filter finds what: struct seccomp_data in linux/seccomp.h. The low halves of the first and second argument.
NUMBER_AT, ARCHITECTURE_AT, FLAGS_AT, COMMAND_AT = 0, 4, 16, 24
CLONE_THREAD = 0x00010000
# AUDIT_ARCH_*, and the numbers of the calls there.
MACHINES = {
    "x86_64": (0xC000003E, {"connect": 42, "socket": 41, "bind": 49, "listen": 50, "clone": 56, "clone3": 435, "fork": 57, "vfork": 58, "fcntl": 72}),
    "aarch64": (0xC00000B7, {"connect": 203, "socket": 198, "bind": 200, "listen": 201, "clone": 220, "clone3": 435, "fcntl": 25}),
}


def refuse(number, refusal):
    return [(LOAD, 0, 0, NUMBER_AT), (IF_EQUAL, 0, 1, number), (RETURN, 0, 0, RET_ERRNO | refusal)]


def refuse_locks(numbers, refusal):
    return [
        (LOAD, 0, 0, NUMBER_AT),
        (IF_EQUAL, 0, 4, numbers["fcntl"]),
        (LOAD, 0, 0, COMMAND_AT),
        (IF_EQUAL, 1, 0, F_OFD_SETLK),
        (IF_EQUAL, 0, 1, F_OFD_SETLKW),
        (RETURN, 0, 0, RET_ERRNO | refusal),
    ]


def refuse_processes(numbers, refusal):
    """clone3 keeps its flags where a filter cannot read them: without it, the C library uses clone."""
    clone = [
        (LOAD, 0, 0, NUMBER_AT),
        (IF_EQUAL, 0, 4, numbers["clone"]),
        (LOAD, 0, 0, FLAGS_AT),
        (IF_BITS, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, RET_ERRNO | refusal),
        (RETURN, 0, 0, RET_ALLOW),
    ]
    others = [refuse(numbers[name], refusal) for name in ("fork", "vfork") if name in numbers]
    return [*refuse(numbers["clone3"], errno.ENOSYS), *(step for steps in others for step in steps), *clone]


def refusing(architecture, numbers, rules):
    steps = [(LOAD, 0, 0, ARCHITECTURE_AT), (IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, RET_ALLOW)]
    families = {"fork": refuse_processes, "lock": refuse_locks}
    for call, refusal in rules:
        steps += families[call](numbers, refusal) if call in families else refuse(numbers[call], refusal)
    return [*steps, (RETURN, 0, 0, RET_ALLOW)]


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
wanted = [rule.split("=") for rule in sys.argv[1].split(",")]
install(refusing(*MACHINES[platform.machine()], [(call, getattr(errno, name)) for call, name in wanted]))
os.execvp(sys.argv[2], sys.argv[2:])
