#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// Variadic functions and macros with values, as functions and constants that Swift imports.

static inline int mv_openat(int dir, const char *path, int flags, mode_t mode) { return openat(dir, path, flags, mode); }
static inline int mv_fcntl_int(int fd, int command, int argument) { return fcntl(fd, command, argument); }
static inline int mv_fcntl_lock(int fd, int command, struct flock *lock) { return fcntl(fd, command, lock); }
static inline int mv_ioctl_int(int fd, unsigned long request, long argument) { return ioctl(fd, request, argument); }
static inline int mv_ioctl_pointer(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
static inline unsigned mv_major(dev_t device) { return major(device); }
static inline unsigned mv_minor(dev_t device) { return minor(device); }
static inline dev_t mv_makedev(unsigned a, unsigned b) { return makedev(a, b); }
static inline int mv_setgroups_thread(size_t count, const gid_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }
static inline int mv_gettid(void) { return (int)syscall(SYS_gettid); }
static inline int mv_pidfd_open(int pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
static inline int mv_pidfd_send_signal(int fd, int signal) { return (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0); }

static const unsigned long mv_FICLONE = FICLONE;
static const unsigned long mv_FS_IOC_GETFLAGS = FS_IOC_GETFLAGS;
static const int64_t mv_UTIME_NOW = UTIME_NOW;
static const int64_t mv_UTIME_OMIT = UTIME_OMIT;
static const int mv_O_TMPFILE = O_TMPFILE;
static const int mv_O_PATH = O_PATH;
static const int mv_AT_EMPTY_PATH = AT_EMPTY_PATH;
