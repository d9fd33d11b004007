#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <CLinux.h>
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <stdint.h>

// What libfuse's userdata points to: the Swift owner of the session, and what INIT has settled.
struct mv_session {
    void *owner;
    // Wanted before the mount: passthrough, and the depth of stacking that it is asked for with.
    int want_passthrough;
    uint32_t stack_depth;
    // Known after INIT.
    int initialised;
    int passthrough;
    uint64_t kernel_flags;
    uint64_t unique;
};

// Puts our read and write hooks between libfuse and the mounted descriptor of `se`.
int mv_session_hook(struct fuse_session *se);

// Registers a backing file with the connection `fuse_fd` (FUSE_DEV_IOC_BACKING_OPEN): its id, or -1 and errno.
int mv_backing_open(int fuse_fd, int fd);
int mv_backing_close(int fuse_fd, int id);

// A reply past libfuse, for operations that it does not know.
int mv_reply_raw(int fuse_fd, uint64_t unique, int error, const void *payload, size_t size);

// The layouts of linux/fuse.h that the replies with a backing id and the operations past libfuse need.
struct mv_fuse_in_header {
    uint32_t len, opcode;
    uint64_t unique, nodeid;
    uint32_t uid, gid, pid;
    uint16_t total_extlen, padding;
};
struct mv_fuse_attr {
    uint64_t ino, size, blocks, atime, mtime, ctime;
    uint32_t atimensec, mtimensec, ctimensec, mode, nlink, uid, gid, rdev, blksize, flags;
};
struct mv_fuse_entry_out {
    uint64_t nodeid, generation, entry_valid, attr_valid;
    uint32_t entry_valid_nsec, attr_valid_nsec;
    struct mv_fuse_attr attr;
};
struct mv_fuse_open_out {
    uint64_t fh;
    uint32_t open_flags;
    int32_t backing_id;
};
struct mv_fuse_create_out {
    struct mv_fuse_entry_out entry;
    struct mv_fuse_open_out open;
};
struct mv_fuse_create_in {
    uint32_t flags, mode, umask, open_flags;
};
struct mv_fuse_sx_time {
    int64_t tv_sec;
    uint32_t tv_nsec;
    int32_t reserved;
};
struct mv_fuse_statx_out {
    uint64_t attr_valid;
    uint32_t attr_valid_nsec, flags;
    uint64_t spare[2];
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, spare0;
    uint64_t ino, size, blocks, attributes_mask;
    struct mv_fuse_sx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t spare2[14];
};
