/*
 * What a process asks of the disk, in order: preloaded into it (LD_PRELOAD), this notes each write, truncation, flush and change of
 * a name below one folder, with the octets, and can let them fail. Several processes share one log.
 *
 *   RECORD_FOLDER   absolute, without links: what is in it is recorded, but -shm (it is made anew at each start)
 *   RECORD_LOG      the log; writes to RECORD_LOG.notes become notes in it, so that a program can say where it is
 *   RECORD_CONTROL  shared by all: the mutex, the faults that are ordered
 *
 * The layout of both is read by events.ts and recorder.ts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE, SYNC_BEGIN, SYNC_END, CREATE, UNLINK, RENAME, LINK, MKDIR, NOTE, SEEN };
enum what { NOTHING, OTHER, FILE_OF_OURS, FOLDER_OF_OURS, NOTES };

struct record {
  uint32_t kind, pid;
  uint64_t ino, offset;
  uint32_t length;
  int32_t error;
  uint64_t time;
};

/* An operation that is to fail: of a kind (WRITE, TRUNCATE, SYNC_BEGIN, CREATE: any open), of names that end so. */
struct fault {
  uint32_t kind, error, skip, count, hits, part;
  char suffix[40];
};
#define FAULTS 4

/* Like the kernel's errseq_t: a failed flush is told once to each descriptor that was open then. */
struct trouble {
  uint64_t ino;
  uint32_t sequence, seen;
};
#define TROUBLES 64

struct control {
  union {
    pthread_mutex_t mutex;
    char room[128];
  };
  uint32_t ready, flushes;
  struct fault faults[FAULTS];
  struct trouble troubles[TROUBLES];
};

struct descriptor {
  enum what what;
  uint64_t ino;
  uint32_t sequence;
};
#define DESCRIPTORS 65536

static struct descriptor descriptors[DESCRIPTORS];
static struct control *control;
static char folder[4096], notes[4096];
static size_t folder_length;
static int log_fd = -1;

#define REAL(name) ((__typeof__(&name))real(&real_##name, #name))
static void *real(void **where, const char *name) {
  if (!*where) *where = dlsym(RTLD_NEXT, name);
  return *where;
}
#define DECLARE(name) static void *real_##name
DECLARE(open64); DECLARE(close); DECLARE(write); DECLARE(pwrite64); DECLARE(writev); DECLARE(pwritev64); DECLARE(ftruncate64);
DECLARE(fsync); DECLARE(fdatasync); DECLARE(rename); DECLARE(link); DECLARE(unlink); DECLARE(unlinkat); DECLARE(remove); DECLARE(mkdir); DECLARE(mmap64);

static void die(const char *why) {
  dprintf(2, "recorder: %s\n", why);
  abort();
}

static void lock(void) {
  int error = pthread_mutex_lock(&control->mutex);
  /* Who held it was killed. */
  if (error == EOWNERDEAD) pthread_mutex_consistent(&control->mutex);
  else if (error) die("no mutex");
}
static void unlock(void) { pthread_mutex_unlock(&control->mutex); }

__attribute__((constructor)) static void begin(void) {
  const char *where = getenv("RECORD_FOLDER"), *log = getenv("RECORD_LOG"), *shared = getenv("RECORD_CONTROL");
  if (!where || !log || !shared) return;
  snprintf(folder, sizeof folder, "%s", where);
  folder_length = strlen(folder);
  snprintf(notes, sizeof notes, "%s.notes", log);
  int fd = REAL(open64)(shared, O_RDWR | O_CLOEXEC);
  if (fd < 0) die("no control file");
  control = REAL(mmap64)(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) die("control file cannot be mapped");
  REAL(close)(fd);
  if (__sync_bool_compare_and_swap(&control->ready, 0, 1)) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&control->mutex, &attributes);
    __sync_synchronize();
    control->ready = 2;
  }
  while (((volatile struct control *)control)->ready != 2) usleep(100);
  log_fd = REAL(open64)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log_fd < 0) die("no log");
}

static void note(enum kind kind, uint64_t ino, uint64_t offset, int error, const void *data, size_t length) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct record record = {kind, getpid(), ino, offset, length, error, now.tv_sec * 1000000000ull + now.tv_nsec};
  struct iovec parts[2] = {{&record, sizeof record}, {(void *)data, length}};
  if (REAL(writev)(log_fd, parts, 2) != (ssize_t)(sizeof record + length)) die("the log cannot be written");
}

/* The name below the folder; NULL: it is not in it, or not for us. "" is the folder itself. */
static const char *inside(const char *path) {
  if (!control || strncmp(path, folder, folder_length)) return NULL;
  const char *rest = path + folder_length;
  if (*rest == 0) return rest;
  if (*rest != '/') return NULL;
  size_t length = strlen(rest);
  if (length > 4 && !strcmp(rest + length - 4, "-shm")) return NULL;
  return rest + 1;
}

static const char *name_of(int fd, char *room, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, room, size - 1);
  if (length < 0) return NULL;
  room[length] = 0;
  return room;
}

static int fails(enum kind kind, const char *name, uint32_t *part) {
  for (int i = 0; i < FAULTS; i++) {
    struct fault *fault = &control->faults[i];
    size_t length = strlen(fault->suffix), has = strlen(name);
    if (fault->kind != kind || has < length || strcmp(name + has - length, fault->suffix)) continue;
    if (fault->skip) {
      fault->skip--;
      continue;
    }
    if (!fault->count) continue;
    if (fault->count != UINT32_MAX) fault->count--;
    fault->hits++;
    if (part) *part = fault->part;
    return fault->error;
  }
  return 0;
}

static struct trouble *trouble_of(uint64_t ino) {
  for (int i = 0; i < TROUBLES; i++) {
    struct trouble *trouble = &control->troubles[i];
    if (trouble->ino == ino) return trouble;
    if (trouble->ino) continue;
    trouble->ino = ino;
    trouble->seen = 1;
    return trouble;
  }
  die("too many files");
  return NULL;
}

/* What a descriptor is; also when it was closed and given away behind our back. */
static struct descriptor *known(int fd) {
  if (!control || fd < 0 || fd >= DESCRIPTORS) return NULL;
  struct descriptor *descriptor = &descriptors[fd];
  if (descriptor->what <= OTHER) return NULL;
  struct stat stat;
  if (fstat(fd, &stat) || stat.st_ino != descriptor->ino) {
    descriptor->what = OTHER;
    return NULL;
  }
  return descriptor;
}

static int opened(const char *path, int flags, mode_t mode) {
  int creates = control && (flags & O_CREAT), existed = 1;
  const char *asked = inside(path);
  if (asked) {
    lock();
    int error = fails(CREATE, path, NULL);
    unlock();
    if (error) return errno = error, -1;
  }
  if (creates) {
    lock();
    existed = access(path, F_OK) == 0;
  }
  int fd = REAL(open64)(path, flags, mode);
  int kept = errno;
  if (fd >= 0 && control && fd < DESCRIPTORS) {
    char room[4096];
    struct stat stat;
    const char *name = name_of(fd, room, sizeof room), *below = name ? inside(name) : NULL;
    struct descriptor descriptor = {OTHER, 0, 0};
    if (name && !strcmp(name, notes)) descriptor.what = NOTES;
    else if (below) descriptor.what = FILE_OF_OURS;
    if (descriptor.what != OTHER && !fstat(fd, &stat)) {
      descriptor.ino = stat.st_ino;
      if (S_ISDIR(stat.st_mode)) descriptor.what = FOLDER_OF_OURS;
      if (descriptor.what == FILE_OF_OURS) {
        if (!creates) lock();
        struct trouble *trouble = trouble_of(stat.st_ino);
        descriptor.sequence = trouble->seen ? trouble->sequence : trouble->sequence - 1;
        if (creates && (flags & O_TRUNC) && existed) note(TRUNCATE, stat.st_ino, 0, 0, NULL, 0);
        note(existed ? SEEN : CREATE, stat.st_ino, stat.st_size, 0, below, strlen(below));
        if (!creates) unlock();
      }
    }
    descriptors[fd] = descriptor;
  }
  if (creates) unlock();
  errno = kept;
  return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(path, flags, mode);
}

int close(int fd) {
  if (control && fd >= 0 && fd < DESCRIPTORS) descriptors[fd].what = NOTHING;
  return REAL(close)(fd);
}

/* offset < 0: where the descriptor stands */
static ssize_t writes(int fd, const struct iovec *parts, int count, off64_t offset) {
  struct descriptor *descriptor = known(fd);
  if (!descriptor || descriptor->what == FOLDER_OF_OURS)
    return offset < 0 ? REAL(writev)(fd, parts, count) : REAL(pwritev64)(fd, parts, count, offset);
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  char *data = malloc(length + 1), room[4096];
  size_t at = 0;
  for (int i = 0; i < count; at += parts[i++].iov_len) memcpy(data + at, parts[i].iov_base, parts[i].iov_len);
  lock();
  const char *name = name_of(fd, room, sizeof room);
  uint32_t part = 0;
  int error = descriptor->what == FILE_OF_OURS && name ? fails(WRITE, name, &part) : 0;
  size_t wanted = !error ? length : part ? length / 2 : 0;
  off64_t place = offset;
  if (place < 0) place = fcntl(fd, F_GETFL) & O_APPEND ? lseek64(fd, 0, SEEK_END) : lseek64(fd, 0, SEEK_CUR);
  ssize_t written = wanted == 0 && error ? -1 : offset < 0 ? REAL(write)(fd, data, wanted) : REAL(pwrite64)(fd, data, wanted, offset);
  int kept = wanted == 0 && error ? error : errno;
  if (written > 0) note(descriptor->what == NOTES ? NOTE : WRITE, descriptor->ino, place, 0, data, written);
  unlock();
  free(data);
  errno = kept;
  return written;
}
ssize_t write(int fd, const void *data, size_t length) {
  if (!known(fd)) return REAL(write)(fd, data, length);
  struct iovec part = {(void *)data, length};
  return writes(fd, &part, 1, -1);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  if (!known(fd)) return REAL(pwrite64)(fd, data, length, offset);
  struct iovec part = {(void *)data, length};
  return writes(fd, &part, 1, offset);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return writes(fd, parts, count, -1); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return writes(fd, parts, count, offset); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return writes(fd, parts, count, offset); }

int ftruncate64(int fd, off64_t size) {
  struct descriptor *descriptor = known(fd);
  if (!descriptor || descriptor->what != FILE_OF_OURS) return REAL(ftruncate64)(fd, size);
  char room[4096];
  lock();
  const char *name = name_of(fd, room, sizeof room);
  int error = name ? fails(TRUNCATE, name, NULL) : 0;
  int result = error ? -1 : REAL(ftruncate64)(fd, size);
  int kept = error ? error : errno;
  if (!result) note(TRUNCATE, descriptor->ino, size, 0, NULL, 0);
  unlock();
  errno = kept;
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int syncs(int fd, int (*flush)(int)) {
  struct descriptor *descriptor = known(fd);
  if (!descriptor || descriptor->what == NOTES) return flush(fd);
  char room[4096];
  lock();
  const char *name = name_of(fd, room, sizeof room), *below = name ? inside(name) : NULL;
  int isFolder = descriptor->what == FOLDER_OF_OURS;
  uint32_t number = ++control->flushes;
  uint64_t ino = descriptor->ino;
  int error = name ? fails(SYNC_BEGIN, name, NULL) : 0, late = 0;
  if (error && !isFolder) trouble_of(ino)->sequence++;
  /* "/" and its name: of a folder. */
  char told[4096];
  int length = isFolder && below ? snprintf(told, sizeof told, "/%s", below) : 0;
  note(SYNC_BEGIN, ino, number, 0, told, length);
  unlock();
  int result = error ? 0 : flush(fd);
  int kept = errno;
  lock();
  if (!isFolder) {
    struct trouble *trouble = trouble_of(ino);
    /* What it flushed is on the disk, and the descriptor is told of what others could not flush before or meanwhile. */
    if (descriptor->sequence != trouble->sequence) late = EIO;
    if (error || late) trouble->seen = 1;
    descriptor->sequence = trouble->sequence;
  }
  note(SYNC_END, ino, number, error ? error : result ? kept : 0, told, length);
  unlock();
  if (error || late) return errno = error ? error : late, -1;
  errno = kept;
  return result;
}
int fsync(int fd) { return syncs(fd, REAL(fsync)); }
int fdatasync(int fd) { return syncs(fd, REAL(fdatasync)); }

static uint64_t ino_of(const char *path) {
  struct stat stat;
  return lstat(path, &stat) ? 0 : stat.st_ino;
}

/* Two names, apart by a zero. */
static int names(enum kind kind, const char *from, const char *to, int (*change)(const char *, const char *)) {
  const char *first = inside(from), *second = inside(to);
  if (!first && !second) return change(from, to);
  if (!first || !second) die("a name leaves the folder");
  lock();
  uint64_t ino = ino_of(from);
  int result = change(from, to), kept = errno;
  char both[8192];
  int length = snprintf(both, sizeof both, "%s%c%s", first, 0, second);
  if (!result) note(kind, ino, 0, 0, both, length);
  unlock();
  errno = kept;
  return result;
}
int rename(const char *from, const char *to) { return names(RENAME, from, to, REAL(rename)); }
int link(const char *from, const char *to) { return names(LINK, from, to, REAL(link)); }

int unlink(const char *path) {
  const char *name = inside(path);
  if (!name) return REAL(unlink)(path);
  lock();
  uint64_t ino = ino_of(path);
  int result = REAL(unlink)(path), kept = errno;
  if (!result) note(UNLINK, ino, 0, 0, name, strlen(name));
  unlock();
  errno = kept;
  return result;
}

int remove(const char *path) {
  struct stat stat;
  if (!inside(path) || lstat(path, &stat) || S_ISDIR(stat.st_mode)) return REAL(remove)(path);
  return unlink(path);
}
int unlinkat(int folder_fd, const char *path, int flags) {
  char room[4096], whole[8192];
  if (!control || (flags & AT_REMOVEDIR)) return REAL(unlinkat)(folder_fd, path, flags);
  if (*path == '/' || folder_fd == AT_FDCWD) snprintf(whole, sizeof whole, "%s", path);
  else if (name_of(folder_fd, room, sizeof room)) snprintf(whole, sizeof whole, "%s/%s", room, path);
  else return REAL(unlinkat)(folder_fd, path, flags);
  return inside(whole) ? unlink(whole) : REAL(unlinkat)(folder_fd, path, flags);
}

int mkdir(const char *path, mode_t mode) {
  const char *name = inside(path);
  if (!name) return REAL(mkdir)(path, mode);
  lock();
  int result = REAL(mkdir)(path, mode), kept = errno;
  if (!result) note(MKDIR, ino_of(path), 0, 0, name, strlen(name));
  unlock();
  errno = kept;
  return result;
}

/* What would change a file unseen must not happen. */
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  struct descriptor *descriptor = fd < 0 ? NULL : known(fd);
  if (descriptor && descriptor->what == FILE_OF_OURS && (protection & PROT_WRITE) && (flags & MAP_SHARED))
    die("a file is mapped for writing");
  return REAL(mmap64)(at, length, protection, flags, fd, offset);
}
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap64(at, length, protection, flags, fd, offset);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  (void)fd, (void)mode, (void)offset, (void)length;
  errno = EOPNOTSUPP;
  return -1;
}
