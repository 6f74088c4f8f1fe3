/* Test aid, loaded before the libraries of a program: numbers the calls that change files under
 * a folder. At a chosen one of a phase, which the program sets by faults_phase(), the process is
 * killed or gets a signal, or calls fail from there on as on a full, read-only or broken disk.
 * Every call goes to a log. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum effect { NOTHING, KILL, INTERRUPT, TERMINATE, FULL, READ_ONLY, BROKEN };
enum kind { GROWS, SYNCS, NAMES, REMOVES };

static char under[PATH_MAX];
static size_t under_length;
static char in_phase[64];
static long at, then, number, number_in_phase, fault;
static enum effect effect;
static int log_file = -1;
static unsigned slow_us;
static char phase[64] = "";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Begin: under `folder` the fault comes at the `first` call of a phase ("" for any), never if it
 * is 0; a signal comes once more `again` calls later, unless that is 0. */
void faults_begin(const char *folder, int how, const char *which, long first, long again, int log,
                  unsigned slow)
{
    snprintf(under, sizeof under, "%s", folder);
    snprintf(in_phase, sizeof in_phase, "%s", which);
    under_length = strlen(under);
    effect = (enum effect)how;
    at = first;
    then = again;
    log_file = log;
    slow_us = slow;
}

void faults_phase(const char *name) { snprintf(phase, sizeof phase, "%s", name); }

void faults_note(const char *text)
{
    static ssize_t (*put)(int, const void *, size_t);
    if (!put)
        put = REAL(write);
    if (log_file >= 0 && put(log_file, text, strlen(text)) < 0)
        abort();
}

static int error_of(enum kind kind)
{
    if (effect == BROKEN)
        return EIO;
    if (effect == FULL)
        return kind == GROWS || kind == NAMES ? ENOSPC : 0;
    return kind == SYNCS ? 0 : EROFS;
}

/* Number a call that is about to happen; give the error with which it fails, or 0. */
static int meet(const char *call, const char *path, enum kind kind)
{
    char line[PATH_MAX + 200];
    long mine;
    if (!under_length || strncmp(path, under, under_length))
        return 0;
    pthread_mutex_lock(&lock);
    mine = ++number;
    if (!in_phase[0] || !strcmp(phase, in_phase))
        number_in_phase++;
    if (!fault && at && number_in_phase == at)
        fault = mine;
    snprintf(line, sizeof line, "%s\t%s\t%s\t%s\n", mine == fault ? "fault" : "call", phase, call,
             path + under_length);
    faults_note(line);
    pthread_mutex_unlock(&lock);
    if (slow_us)
        usleep(slow_us);
    if (effect >= FULL)
        return fault ? error_of(kind) : 0;
    if (fault && (mine == fault || (then && mine == fault + then)))
        kill(getpid(), effect == KILL ? SIGKILL : effect == INTERRUPT ? SIGINT : SIGTERM);
    return 0;
}

static int meet_at(const char *call, int folder, const char *path, enum kind kind)
{
    char whole[2 * PATH_MAX], link[64], base[PATH_MAX];
    ssize_t length;
    if (path[0] == '/')
        return meet(call, path, kind);
    if (folder == AT_FDCWD)
        length = getcwd(base, sizeof base) ? (ssize_t)strlen(base) : -1;
    else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, base, sizeof base - 1);
    }
    if (length < 0)
        return 0;
    snprintf(whole, sizeof whole, "%.*s/%s", (int)length, base, path);
    return meet(call, whole, kind);
}

static int meet_file(const char *call, int file, enum kind kind)
{
    char link[64], path[PATH_MAX];
    ssize_t length;
    if (!under_length)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return meet(call, path, kind);
}

#define FAIL_IF(condition) \
    do { \
        int failed = (condition); \
        if (failed) { \
            errno = failed; \
            return -1; \
        } \
    } while (0)

#define OPENING(name, arguments, folder, pass) \
    int name arguments \
    { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        if (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) \
            FAIL_IF(meet_at("open", folder, path, flags & O_CREAT ? GROWS : REMOVES)); \
        return REAL(name) pass; \
    }

OPENING(open, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENING(open64, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENING(openat, (int dir, const char *path, int flags, ...), dir, (dir, path, flags, mode))
OPENING(openat64, (int dir, const char *path, int flags, ...), dir, (dir, path, flags, mode))

ssize_t write(int file, const void *bytes, size_t n)
{
    FAIL_IF(meet_file("write", file, GROWS));
    return REAL(write)(file, bytes, n);
}

int fsync(int file)
{
    FAIL_IF(meet_file("fsync", file, SYNCS));
    return REAL(fsync)(file);
}

int rename(const char *from, const char *to)
{
    FAIL_IF(meet_at("rename", AT_FDCWD, to, NAMES));
    return REAL(rename)(from, to);
}

int link(const char *from, const char *to)
{
    FAIL_IF(meet_at("link", AT_FDCWD, to, NAMES));
    return REAL(link)(from, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    FAIL_IF(meet_at("link", to_dir, to, NAMES));
    return REAL(linkat)(from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
    FAIL_IF(meet_at("unlink", AT_FDCWD, path, REMOVES));
    return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode)
{
    FAIL_IF(meet_at("mkdir", AT_FDCWD, path, GROWS));
    return REAL(mkdir)(path, mode);
}
