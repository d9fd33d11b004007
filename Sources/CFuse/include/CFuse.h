#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
